import { decodeBytes } from './encoded-words.ts';
import type { Part } from './part.ts';
import { parameter } from './structured-field.ts';

/** Undoes a content transfer encoding (RFC 2045 §6). Bytes that the encoding does not allow are skipped. */
export function decodeTransferEncoding(body: Buffer, encoding: string): Buffer {
  // Node also decodes the alphabet of RFC 4648 §5, which mail does not use.
  if (encoding === 'base64') return Buffer.from(body.toString('latin1').replace(/[-_]+/g, ''), 'base64');
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(body);
  return body;
}

const LF = 10;
const CR = 13;
const EQUALS = 61;

/** Decodes line by line in linear time; white space at the end of a line is not part of the text. */
function decodeQuotedPrintable(body: Buffer): Buffer {
  const out = Buffer.allocUnsafe(body.length);
  let length = 0;
  for (let start = 0; start < body.length; ) {
    const found = body.indexOf(LF, start);
    const next = found < 0 ? body.length : found + 1;
    const breakStart = found < 0 ? next : found > start && body[found - 1] === CR ? found - 1 : found;
    let end = breakStart;
    while (end > start && (body[end - 1] === 32 || body[end - 1] === 9)) end--;
    // RFC 2045 §6.7 (5): a line that ends with an equals sign continues in the next.
    const soft = found >= 0 && end > start && body[end - 1] === EQUALS;
    if (soft) end--;
    for (let at = start; at < end; at++) {
      const byte = body[at] ?? 0;
      const high = byte === EQUALS ? hexDigit(body[at + 1]) : -1;
      const low = high >= 0 && at + 2 < end ? hexDigit(body[at + 2]) : -1;
      if (low >= 0) {
        out[length++] = high * 16 + low;
        at += 2;
      } else out[length++] = byte;
    }
    if (!soft) length += body.copy(out, length, breakStart, next);
    start = next;
  }
  return out.subarray(0, length);
}

/** The value of a hexadecimal digit, or -1. */
function hexDigit(byte = 0): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** The text of a text part: transfer encoding undone, charset decoded. `message` holds at least the part's bytes. */
export function textOf(message: Buffer, part: Part): string {
  const bytes = decodeTransferEncoding(message.subarray(part.bodyStart, part.bodyEnd), part.encoding);
  return decodeBytes(bytes, parameter(part.contentType, 'charset'));
}
