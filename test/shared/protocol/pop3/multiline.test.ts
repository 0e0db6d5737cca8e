import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect } from '../../../../shared/platform/collect.ts';
import { Multiline, topOf } from '../../../../shared/protocol/pop3/multiline.ts';

/** What a client makes of a multi-line response. */
const read = (response: string): string =>
  response
    .slice(0, response.indexOf('\r\n.\r\n') + 2)
    .split('\r\n')
    .map((line) => line.replace(/^\./, ''))
    .join('\r\n');

const chunks = async function* (text: string, cuts: readonly number[]): AsyncIterable<Buffer> {
  let at = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), text.length]) {
    if (cut <= at || cut > text.length) continue;
    yield Buffer.from(text.slice(at, cut));
    at = cut;
  }
};

describe('a multi-line response', () => {
  it('is the message again, wherever it is cut and whatever dots are in it', async () => {
    const line = fc.string({ unit: fc.constantFrom('.', 'a', ' '), maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1 }), fc.array(fc.nat(60)), async (lines, cuts) => {
        const message = `${lines.join('\r\n')}\r\n`;
        const multiline = new Multiline();
        let response = '';
        for await (const chunk of chunks(message, cuts)) response += multiline.encode(chunk).toString();
        response = `\r\n${response}${multiline.end()}`;
        expect(response.endsWith('\r\n.\r\n')).toBe(true);
        expect(response.indexOf('\r\n.\r\n')).toBe(response.length - 5);
        expect(read(response).slice(2)).toBe(message);
      }),
    );
  });

  it('ends a last line that has no end', () => {
    const multiline = new Multiline();
    multiline.encode(Buffer.from('a'));
    expect(multiline.end().toString()).toBe('\r\n.\r\n');
  });
});

describe('the top of a message', () => {
  it.each([
    [0, 'H\r\n\r\n'],
    [1, 'H\r\n\r\none\r\n'],
    [2, 'H\r\n\r\none\r\ntwo\r\n'],
    [9, 'H\r\n\r\none\r\ntwo\r\nthree'],
  ])('has %i lines of its body', async (lines, expected) => {
    for (const cuts of [[], [1, 2, 3, 4, 5, 6, 7, 8], [5]]) {
      const top = topOf(chunks('H\r\n\r\n', [2]), chunks('one\r\ntwo\r\nthree', cuts), lines);
      expect((await collect(top)).toString()).toBe(expected);
    }
  });
});
