import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataDecoder } from '../../../../shared/protocol/smtp/data-decoder.ts';

/** Feeds bytes in chunks; gives the content and what came after its end (undefined: no end was met). */
function decode(bytes: Buffer, sizes: number[] = [bytes.length]): { content: string; rest: string | undefined } {
  const decoder = new DataDecoder();
  const content: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = Math.max(sizes[i % sizes.length] ?? 1, 1);
    const chunk = bytes.subarray(at, at + size);
    at += size;
    const result = decoder.decode(chunk);
    content.push(...result.content.map((part) => Buffer.from(part)));
    if (result.rest)
      return {
        content: Buffer.concat(content).toString('latin1'),
        rest: Buffer.concat([result.rest, bytes.subarray(at)]).toString('latin1'),
      };
  }
  return { content: Buffer.concat(content).toString('latin1'), rest: undefined };
}

describe('the content of DATA', () => {
  it.each([
    ['hello\r\n.\r\nQUIT\r\n', 'hello\r\n', 'QUIT\r\n'],
    ['.\r\n', '', ''],
    ['..\r\n...\r\n.\r\n', '.\r\n..\r\n', ''],
    ['.x\r\n.\r\n', 'x\r\n', ''],
  ])('%j ends with CRLF . CRLF and loses its transparency dots', (bytes, content, rest) => {
    expect(decode(Buffer.from(bytes))).toEqual({ content, rest });
  });

  it.each([
    'a\n.\n',
    'a\r\n.\n',
    'a\n.\r\n',
    'a\r.\r',
    'a\r\n.\r',
    'a\r.\r\n',
    'a\n.\r\nMAIL FROM:<evil@x>\r\n',
    'a\r\n.\rb\r\n',
    '\n.\r\n',
    '\0\r\n.\0\r\n',
  ])('%j is not the end', (bytes) => {
    expect(decode(Buffer.from(bytes)).rest).toBeUndefined();
  });

  it('gives back any content, whatever it is and whatever the chunks', () => {
    const text = fc
      .array(fc.constantFrom('\r\n', '.', '\r', '\n', 'a', '..', '\r\n.', 'MAIL', '\0'), { maxLength: 40 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 10 }), (body, sizes) => {
        const content = `${body}\r\n`;
        const stuffed = `\r\n${content}`.replaceAll('\r\n.', '\r\n..').slice(2);
        expect(decode(Buffer.from(`${stuffed}.\r\nNOOP\r\n`), sizes)).toEqual({ content, rest: 'NOOP\r\n' });
      }),
      { numRuns: 5000 },
    );
  });
});
