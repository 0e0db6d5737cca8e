import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHeaderText, encodedWords } from '../../../shared/mime/encoded-words.ts';
import { crlfLines, LoneLineEnds } from '../../../shared/mime/line-ends.ts';

async function convert(text: string, size: number): Promise<string> {
  const bytes = Buffer.from(text, 'latin1');
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const out: Buffer[] = [];
  for await (const chunk of crlfLines(chunks())) out.push(Buffer.from(chunk));
  return Buffer.concat(out).toString('latin1');
}

describe('line ends', () => {
  it('that stand alone are found, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('\r', '\n', 'a', '.', '\r\n') }),
        fc.integer({ min: 1, max: 5 }),
        (text, size) => {
          const seen = new LoneLineEnds();
          for (let at = 0; at < text.length; at += size) seen.write(Buffer.from(text.slice(at, at + size)));
          expect(seen.end()).toBe(/\r(?!\n)|(?<!\r)\n/.test(text));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('become CRLF, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('\r', '\n', 'a', '.', '\r\n') }),
        fc.integer({ min: 1, max: 5 }),
        async (text, size) => {
          const expected = text.replace(/\r\n|\r|\n/g, '\r\n');
          expect(await convert(text, size)).toBe(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('header text', () => {
  it('reads back as the written text, in words that fit a line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const plain = text.replace(/[\r\n\s]+/g, ' ').trim();
        const encoded = encodedWords(plain).join('\r\n ');
        for (const word of encoded.split(/\s+/)) if (word.startsWith('=?')) expect(word.length).toBeLessThanOrEqual(75);
        expect(encoded).toMatch(/^[\t\r\n\x20-\x7e]*$/);
        expect(decodeHeaderText(Buffer.from(encoded).toString('latin1').replace(/\r\n/g, ''))).toBe(plain);
      }),
    );
  });
});
