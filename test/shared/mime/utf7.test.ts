import { describe, expect, it } from 'vitest';
import { parseMailDate } from '../../../shared/mime/date.ts';
import { decodeHeaderText } from '../../../shared/mime/encoded-words.ts';
import { decodeUtf7, isUtf7 } from '../../../shared/mime/utf7.ts';

describe('UTF-7', () => {
  it.each([
    ['A+ImIDkQ.', 'A\u2262\u0391.'],
    ['Hi Mom -+Jjo--!', 'Hi Mom -\u263a-!'],
    ['+ZeVnLIqe-', '\u65e5\u672c\u8a9e'],
    ['Item 3 is +AKM-1.', 'Item 3 is \u00a31.'],
    ['1 +- 1', '1 + 1'],
    ['a + b', 'a + b'],
    ['+2AA-', '\ufffd'],
  ])('%s is %s (RFC 2152)', (coded, text) => {
    expect(decodeUtf7(Buffer.from(coded))).toBe(text);
  });

  it('is known by its names, and in headers', () => {
    expect(['utf-7', 'UTF7', 'unicode-1-1-utf-7', 'x-unicode-2-0-utf-7'].every(isUtf7)).toBe(true);
    expect(isUtf7('utf-8')).toBe(false);
    expect(decodeHeaderText('=?unicode-1-1-utf-7?q?Fr+APY-sche?=')).toBe('Frösche');
  });
});

describe('a date', () => {
  it('whose zone lacks its first zero is that zone all the same', () => {
    expect(parseMailDate('Mon, 21 Aug 95 13:30:57 -600')).toBe(Date.UTC(1995, 7, 21, 19, 30, 57));
  });
});
