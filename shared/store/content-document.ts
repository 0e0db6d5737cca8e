import { blobKey, SHARED_SCOPE } from '../blobs/blobs.ts';
import type { Objects } from '../blobs/objects.ts';
import { KopanoError } from '../mapi/error.ts';
import { documentBlobs } from '../mapi/property-document.ts';

/** A run of a message's bytes: in the message's row, or a blob in the object store. */
export type Segment = { kind: 'inline'; bytes: Buffer } | { kind: 'blob'; hash: Buffer; length: number };

const VERSION = 1;
const INLINE = 0;
const BLOB = 1;

export const segmentLength = (segment: Segment): number =>
  segment.kind === 'inline' ? segment.bytes.length : segment.length;

/**
 * Encodes where the bytes of a message are. Layout, little endian: version (u8), number of segments (u32); a segment is
 * its kind (u8) and length (u32), then the bytes themselves or a blob's SHA-256 (32 bytes).
 */
export function encodeContent(segments: readonly Segment[]): Buffer {
  const parts: Buffer[] = [Buffer.alloc(5)];
  parts[0]?.writeUInt8(VERSION, 0);
  parts[0]?.writeUInt32LE(segments.length, 1);
  for (const segment of segments) {
    const head = Buffer.alloc(5);
    head.writeUInt8(segment.kind === 'inline' ? INLINE : BLOB, 0);
    head.writeUInt32LE(segmentLength(segment), 1);
    parts.push(head, segment.kind === 'inline' ? segment.bytes : segment.hash);
  }
  return Buffer.concat(parts);
}

/** The reverse of {@link encodeContent}; segments share memory with the document. */
export function decodeContent(document: Buffer): Segment[] {
  if (document[0] !== VERSION) throw new KopanoError('BAD_VALUE', 'unknown version of a content document');
  const segments: Segment[] = [];
  let at = 5;
  for (let count = document.readUInt32LE(1); count > 0; count--) {
    const kind = document[at];
    const length = document.readUInt32LE(at + 1);
    const end = at + 5 + (kind === INLINE ? length : 32);
    const bytes = document.subarray(at + 5, end);
    segments.push(kind === INLINE ? { kind: 'inline', bytes } : { kind: 'blob', hash: bytes, length });
    at = end;
  }
  return segments;
}

export const blobHashes = (segments: readonly Segment[]): Buffer[] =>
  segments.flatMap((segment) => (segment.kind === 'blob' ? [segment.hash] : []));

/** What the document begins with of a message that is one piece, all of it in the row. */
export const ALL_INLINE = Buffer.from([VERSION, 1, 0, 0, 0, INLINE]);

/** Every blob that a message's content points to: of its bytes, unless these are known to be all in the row, and of its properties. */
export const contentBlobs = ({ mime, properties }: { mime: Buffer | null; properties: Buffer }): Buffer[] => [
  ...(mime ? blobHashes(decodeContent(mime)) : []),
  ...documentBlobs(properties),
];

/** The bytes `[start, end)` of a message, read as they are asked for. */
export async function* readContent(
  objects: Objects,
  segments: readonly Segment[],
  start: number,
  end: number,
): AsyncIterable<Buffer> {
  let offset = 0;
  for (const segment of segments) {
    const length = segmentLength(segment);
    const from = Math.max(start - offset, 0);
    const to = Math.min(end - offset, length);
    if (from < to) {
      if (segment.kind === 'inline') yield segment.bytes.subarray(from, to);
      else yield* objects.get(blobKey(SHARED_SCOPE, segment.hash), from, to);
    }
    offset += length;
    if (offset >= end) return;
  }
}
