import type { ByteRange } from './byte-range.ts';
import type { Part } from './part.ts';

/** The part that a section path such as `[1, 2]` names (RFC 3501 §6.4.5), the message itself for `[]`, or undefined. */
export function findPart(root: Part, path: readonly number[]): Part | undefined {
  const [first, ...rest] = path;
  if (first === undefined) return root;
  let part = partOfMessage(root, first);
  for (const number of rest) part = part && partOfPart(part, number);
  return part;
}

/** RFC 3501 §6.4.5: every message has at least one part, so 1 is the body of a message that is not a multipart. */
function partOfMessage(message: Part, number: number): Part | undefined {
  if (message.kind === 'multipart') return message.children[number - 1];
  return number === 1 ? message : undefined;
}

function partOfPart(part: Part, number: number): Part | undefined {
  if (part.kind === 'multipart') return part.children[number - 1];
  const embedded = part.kind === 'message' ? part.children[0] : undefined;
  return embedded && partOfMessage(embedded, number);
}

/** The byte range of a section; undefined if the message has no such section. */
export function sectionRange(
  root: Part,
  path: readonly number[],
  what: 'body' | 'mime' | 'header' | 'text',
): ByteRange | undefined {
  const part = findPart(root, path);
  if (!part) return undefined;
  if (what === 'mime') return path.length === 0 ? undefined : { start: part.headerStart, end: part.bodyStart };
  if (path.length === 0) {
    if (what === 'body') return { start: part.headerStart, end: part.bodyEnd };
    return what === 'header'
      ? { start: part.headerStart, end: part.bodyStart }
      : { start: part.bodyStart, end: part.bodyEnd };
  }
  if (what === 'body') return { start: part.bodyStart, end: part.bodyEnd };
  // RFC 3501 §6.4.5: HEADER and TEXT with a part number are for message/rfc822 only.
  const embedded = part.kind === 'message' ? part.children[0] : undefined;
  if (!embedded) return undefined;
  return what === 'header'
    ? { start: embedded.headerStart, end: embedded.bodyStart }
    : { start: embedded.bodyStart, end: embedded.bodyEnd };
}
