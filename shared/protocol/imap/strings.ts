/**
 * Encodes IMAP strings. Text is latin1 characters, one a byte, until it is sent.
 */

/** Text as the latin1 characters of its UTF-8, and back. */
export const utf8Bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
export const utf8Text = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');

/** RFC 3501 §9: only a literal8 may contain NUL. Another octet replaces each, so that lengths do not change. */
export const withoutNul = (text: string): string => (text.includes('\0') ? text.replaceAll('\0', '\x80') : text);

/** The same for bytes; a copy if there is a NUL. */
export function bytesWithoutNul(bytes: Buffer): Buffer {
  if (!bytes.includes(0)) return bytes;
  return bytes.map((byte) => (byte === 0 ? 0x80 : byte)) as Buffer;
}

/** RFC 3501 §4.3: a quoted string if allowed, else a literal (8-bit bytes, line ends or a very long value). */
export function encodeString(text: string): string {
  if (text.length > 1000 || /[\x00\r\n\x80-\xff]/.test(text)) return `{${text.length}}\r\n${withoutNul(text)}`;
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

/** Text as a quoted string of UTF-8 (RFC 9051 §4.3), for clients that have enabled it. */
export const encodeQuotedUtf8 = (text: string): string => `"${utf8Bytes(text.replace(/[\\"]/g, '\\$&'))}"`;

export const encodeNString = (text: string | undefined): string => (text === undefined ? 'NIL' : encodeString(text));

/** Encodes numbers as a sequence set with runs joined: `1:3,7`. `numbers` must be sorted. */
export function encodeSequenceSet(numbers: readonly number[]): string {
  const ranges: string[] = [];
  let start: number | undefined;
  let last: number | undefined;
  const flush = () => {
    if (start !== undefined) ranges.push(start === last ? `${start}` : `${start}:${last}`);
  };
  for (const number of numbers) {
    if (last !== undefined && number === last + 1) last = number;
    else {
      flush();
      start = number;
      last = number;
    }
  }
  flush();
  return ranges.join(',');
}
