import { decodeBytes } from './encoded-words.ts';
import type { Part } from './part.ts';
import { parameter } from './structured-field.ts';

/** Undoes a content transfer encoding (RFC 2045 §6). Bytes that are wrong for the encoding are passed over. */
export function decodeTransferEncoding(body: Buffer, encoding: string): Buffer {
  // Node takes the alphabet of RFC 4648 §5 too, which is none of mail's.
  if (encoding === 'base64') return Buffer.from(body.toString('latin1').replace(/[-_]+/g, ''), 'base64');
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(body);
  return body;
}

function decodeQuotedPrintable(body: Buffer): Buffer {
  const text = body
    .toString('latin1')
    .replace(/[ \t]+(\r?\n|$)/g, '$1')
    .replace(/=(?:\r?\n|([0-9a-f]{2}))/gi, (_, hex: string | undefined) =>
      hex === undefined ? '' : String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(text, 'latin1');
}

/** The text of a text part: transfer encoding undone, charset decoded. `message` holds at least the part's bytes. */
export function textOf(message: Buffer, part: Part): string {
  const bytes = decodeTransferEncoding(message.subarray(part.bodyStart, part.bodyEnd), part.encoding);
  return decodeBytes(bytes, parameter(part.contentType, 'charset'));
}
