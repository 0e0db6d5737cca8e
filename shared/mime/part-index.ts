import type { Part } from './part.ts';

/** The offsets of a part, stored with the message for `BODY[...]`. */
type Entry = [
  kind: 0 | 1 | 2,
  headerStart: number,
  bodyStart: number,
  bodyEnd: number,
  encoding: string,
  children?: Entry[],
];

const KINDS = ['leaf', 'multipart', 'message'] as const;

/** Encodes the offsets of all parts as compact JSON. */
export function encodePartIndex(root: Part): string {
  const entry = (part: Part): Entry => {
    const kind = KINDS.indexOf(part.kind) as 0 | 1 | 2;
    const children = part.children.length > 0 ? part.children.map(entry) : undefined;
    return [
      kind,
      part.headerStart,
      part.bodyStart,
      part.bodyEnd,
      part.encoding,
      ...(children ? [children] : []),
    ] as Entry;
  };
  return JSON.stringify(entry(root));
}

/** The reverse of {@link encodePartIndex}; header fields and types are not stored. */
export function decodePartIndex(json: string): Part {
  const part = ([kind, headerStart, bodyStart, bodyEnd, encoding, children = []]: Entry): Part => ({
    // A multipart without parts is text; indexes of earlier versions have it as a multipart.
    kind: KINDS[kind] === 'multipart' && children.length === 0 ? 'leaf' : KINDS[kind],
    headerStart,
    bodyStart,
    bodyEnd,
    lines: 0,
    fields: [],
    contentType: { value: '', params: [] },
    encoding,
    children: children.map(part),
  });
  return part(JSON.parse(json) as Entry);
}
