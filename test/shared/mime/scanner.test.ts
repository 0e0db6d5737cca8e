import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleMessages } from '../../../scripts/sample-messages.ts';
import type { Part } from '../../../shared/mime/part.ts';
import { decodePartIndex } from '../../../shared/mime/part-index.ts';
import { MimeScanner, scanMessage } from '../../../shared/mime/scanner.ts';
import { sectionRange } from '../../../shared/mime/section.ts';

const crlf = (text: string) => Buffer.from(text.replaceAll('\n', '\r\n'));

const mixed = crlf(`Subject: parts
Content-Type: multipart/mixed; boundary="outer"

preamble
--outer
Content-Type: text/plain

first
second
--outer
Content-Type: message/rfc822

Subject: inner
Content-Type: multipart/alternative; boundary=inner

--inner

plain
--inner
Content-Type: text/html

<p>html</p>
--inner--
--outer--
epilogue
`);

function slice(message: Buffer, path: number[], what: 'body' | 'mime' | 'header' | 'text'): string | undefined {
  const range = sectionRange(scanMessage(message), path, what);
  return range && message.toString('latin1', range.start, range.end);
}

describe('the structure of a message', () => {
  it('finds parts by their numbers, without the line end that belongs to the boundary', () => {
    expect(slice(mixed, [1], 'body')).toBe('first\r\nsecond');
    expect(slice(mixed, [1], 'mime')).toBe('Content-Type: text/plain\r\n\r\n');
    expect(slice(mixed, [2, 1], 'body')).toBe('plain');
    expect(slice(mixed, [2, 2], 'body')).toBe('<p>html</p>');
    expect(slice(mixed, [2], 'header')).toBe(
      'Subject: inner\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n',
    );
    expect(slice(mixed, [3], 'body')).toBeUndefined();
    expect(slice(mixed, [1], 'header')).toBeUndefined();
  });

  it('the whole message, its header and its text are sections too', () => {
    const plain = crlf('Subject: x\n\nbody\n');
    expect(slice(plain, [], 'body')).toBe(plain.toString());
    expect(slice(plain, [], 'header')).toBe('Subject: x\r\n\r\n');
    expect(slice(plain, [], 'text')).toBe('body\r\n');
    // RFC 3501 §6.4.5: a message that is no multipart has part 1.
    expect(slice(plain, [1], 'body')).toBe('body\r\n');
  });

  it.each([
    'multipart/mixed; boundary=b',
    'multipart/alternative; boundary="b"; charset=utf-8',
    'multipart/digest; boundary=b',
    'multipart/signed; boundary=b; protocol="application/pkcs7-signature"',
    'multipart/mixed',
    'multipart/mixed; boundary=""',
  ])('a %s without parts is text, and part 1 is all that stands there', (type) => {
    // RFC 3501 §6.4.5: every message has at least one part number.
    const message = crlf(`Content-Type: ${type}\n\nfirst\nsecond\n`);
    expect(scanMessage(message)).toMatchObject({ kind: 'leaf', contentType: { value: 'text/plain' }, lines: 2 });
    expect(slice(message, [1], 'body')).toBe('first\r\nsecond\r\n');
    expect(slice(message, [1], 'mime')).toBe(`Content-Type: ${type}\r\n\r\n`);
    expect(slice(message, [2], 'body')).toBeUndefined();
    expect(slice(message, [1, 1], 'body')).toBeUndefined();
  });

  it('a multipart without parts is one part of its parent', () => {
    const inner = 'Content-Type: multipart/mixed; boundary=inner\n\ntext';
    const message = crlf(
      `Content-Type: multipart/mixed; boundary=b\n\n--b\n${inner}\n--b\nContent-Type: message/rfc822\n\n${inner}\n--b--\n`,
    );
    expect(slice(message, [1], 'body')).toBe('text');
    expect(slice(message, [2, 1], 'body')).toBe('text');
    expect(slice(message, [2, 2], 'body')).toBeUndefined();
  });

  it('part 1 of a multipart without parts is there in the index of a message that came before it was text', () => {
    const root = decodePartIndex(JSON.stringify([1, 0, 45, 51, '7bit']));
    expect(sectionRange(root, [1], 'body')).toEqual({ start: 45, end: 51 });
  });

  it('a message within another has a part where its header ends in nothing', () => {
    const message = crlf('Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n--b--\n');
    expect(scanMessage(message).children).toMatchObject([{ kind: 'message', children: [{ kind: 'leaf' }] }]);
    expect(slice(message, [1, 1], 'body')).toBe('');
    expect(scanMessage(crlf('Content-Type: message/rfc822\n'))).toMatchObject({ kind: 'message', children: [{}] });
  });

  it('a boundary may come in pieces (RFC 2231 §3)', () => {
    const message = crlf('Content-Type: multipart/mixed; boundary*1=c; boundary*0=b\n\n--bc\n\ntext\n--bc--\n');
    expect(slice(message, [1], 'body')).toBe('text');
  });

  it('a delimiter ends a header that has no empty line', () => {
    const root = scanMessage(crlf('Content-Type: multipart/mixed; boundary=b\n\n--b\nX: y\n--b\n\nz\n--b--\n'));
    expect(root.children.map((part) => part.bodyEnd - part.bodyStart)).toEqual([0, 1]);
  });

  it('nesting and the number of parts are bounded', () => {
    let deep = '';
    for (let i = 0; i < 500; i++) deep += `Content-Type: multipart/mixed; boundary=b${i}\n\n--b${i}\n`;
    const depth = (part: Part): number => 1 + Math.max(0, ...part.children.map(depth));
    expect(depth(scanMessage(crlf(deep)))).toBeLessThanOrEqual(66);
    const many = scanMessage(crlf(`Content-Type: multipart/mixed; boundary=b\n\n${'--b\n\nx\n'.repeat(20_000)}`));
    expect(many.children.length).toBeLessThanOrEqual(5000);
  });

  it('is the same whatever the chunks that the bytes come in', () => {
    const samples = sampleMessages().map(({ bytes }) => bytes);
    fc.assert(
      fc.property(
        fc.constantFrom(...samples, mixed),
        fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 50 }),
        (message, sizes) => {
          const scanner = new MimeScanner();
          for (let at = 0, i = 0; at < message.length; i++) {
            const size = sizes[i % sizes.length] ?? 1;
            scanner.write(message.subarray(at, at + size));
            at += size;
          }
          expect(scanner.end()).toEqual(scanMessage(message));
        },
      ),
      { numRuns: 300 },
    );
  });

  const checkRanges = (part: Part, size: number) => {
    expect(part.headerStart).toBeLessThanOrEqual(part.bodyStart);
    expect(part.bodyStart).toBeLessThanOrEqual(part.bodyEnd);
    expect(part.bodyEnd).toBeLessThanOrEqual(size);
    for (const child of part.children) {
      expect(child.headerStart).toBeGreaterThanOrEqual(part.bodyStart);
      checkRanges(child, size);
    }
  };

  it('the parts of every sample message lie within it and within their parents', () => {
    for (const { bytes } of sampleMessages()) {
      const root = scanMessage(bytes);
      checkRanges(root, bytes.length);
      // BODY[] is every byte of the message.
      expect([root.headerStart, root.bodyEnd]).toEqual([0, bytes.length]);
    }
  });

  it('every range lies within the message and within its parent', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            '--b',
            '--b--',
            '--c',
            '\r\n',
            '\n',
            '\r',
            'Content-Type: multipart/mixed; boundary=b',
            'Content-Type: message/rfc822',
            'Content-Type: multipart/digest; boundary=c',
            'text',
            ' ',
            ':',
          ),
          { maxLength: 60 },
        ),
        (words) => {
          const message = Buffer.from(words.join(''));
          checkRanges(scanMessage(message), message.length);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
