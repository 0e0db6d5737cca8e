import { decodeTransferEncoding } from './body-text.ts';
import { decodeBytes } from './encoded-words.ts';
import { firstField } from './header-fields.ts';
import { decodeEntities, withoutMarkup } from './html-text.ts';
import type { Part } from './part.ts';
import { scanMessage } from './scanner.ts';
import { parameter } from './structured-field.ts';

/** The number of bytes of a message that a preview is made from. */
export const PREVIEW_BYTES = 16 * 1024;

/** Characters of a preview (RFC 8970 §3.1: at most 256). */
const LENGTH = 200;

/** The number of characters that almost always contains a whole preview. */
const ENOUGH = 1000;

/**
 * The preview of a message: the beginning of its text in one line, made from its first bytes; empty if they contain no text. `root` is the
 * structure of the message, if known.
 */
export function previewOf(beginning: Buffer, root = scanMessage(beginning)): string {
  const within = beginning.length;
  const part = firstText(root, 'text/plain', within) ?? firstText(root, 'text/html', within);
  if (!part) return '';
  const bytes = decodeTransferEncoding(beginning.subarray(part.bodyStart, part.bodyEnd), part.encoding);
  const text = decodeBytes(bytes, parameter(part.contentType, 'charset'));
  const plain = part.contentType.value === 'text/html' ? decodeEntities(withoutMarkup(text, () => ' ')) : text;
  const short = inOneLine(plain.slice(0, ENOUGH));
  const line = short.length > 2 * LENGTH || plain.length <= ENOUGH ? short : inOneLine(plain);
  return [...line.slice(0, 2 * LENGTH)].slice(0, LENGTH).join('');
}

/** The last character may be incomplete. */
function inOneLine(text: string): string {
  const line = text.replace(/(?:[\s\u00a0\u200b\u200c\ufeff]|\u034f)+/g, ' ').trim();
  let end = line.length;
  while (line[end - 1] === '\ufffd') end--;
  return line.slice(0, end).trimEnd();
}

/** The first part with a type that begins before an offset. */
function firstText(part: Part, type: string, within: number): Part | undefined {
  if (part.kind === 'multipart') {
    for (const child of part.children) {
      const found = firstText(child, type, within);
      if (found) return found;
    }
    return undefined;
  }
  const shown = !/^\s*attachment/i.test(firstField(part.fields, 'content-disposition') ?? '');
  const isText = part.kind === 'leaf' && shown && part.contentType.value === type;
  return isText && part.bodyStart < within ? part : undefined;
}
