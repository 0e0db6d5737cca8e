import { type BlobRef, blobKey, SHARED_SCOPE } from '../../blobs/blobs.ts';
import type { Objects } from '../../blobs/objects.ts';
import { PamojaError } from '../../mapi/error.ts';
import { documentBlobs } from '../../mapi/property-document.ts';

/** A run of a message's bytes: in the message's row, or a blob in the object store. */
export type Segment = { kind: 'inline'; bytes: Buffer } | ({ kind: 'blob'; length: number } & BlobRef);

/** Version 1 has no blobs of tenants. Programs from before version 2 read it, and refuse version 2. */
const VERSION = 1;
const VERSION_WITH_TENANTS = 2;
const INLINE = 0;
/** A blob that all tenants share. */
const SHARED_BLOB = 1;
/** A blob of one tenant. */
const TENANT_BLOB = 2;
/** Bytes that encode a blob: its hash, after the scope of a blob that is not shared. */
const BLOB_BYTES: Readonly<Record<number, number>> = { [SHARED_BLOB]: 32, [TENANT_BLOB]: 36 };

export const segmentLength = (segment: Segment): number =>
  segment.kind === 'inline' ? segment.bytes.length : segment.length;

/**
 * Encodes the segments of a message. Layout, little endian: version (u8), number of segments (u32); a segment is
 * its kind (u8) and length (u32), then the bytes themselves or a blob: the id of its tenant (u32) unless all share it, and its SHA-256.
 */
export function encodeContent(segments: readonly Segment[]): Buffer {
  const parts: Buffer[] = [Buffer.alloc(5)];
  const scoped = segments.some((segment) => kindOf(segment) === TENANT_BLOB);
  parts[0]?.writeUInt8(scoped ? VERSION_WITH_TENANTS : VERSION, 0);
  parts[0]?.writeUInt32LE(segments.length, 1);
  for (const segment of segments) {
    const head = Buffer.alloc(5);
    head.writeUInt8(kindOf(segment), 0);
    head.writeUInt32LE(segmentLength(segment), 1);
    parts.push(head, ...bytesOf(segment));
  }
  return Buffer.concat(parts);
}

const kindOf = (segment: Segment): number =>
  segment.kind === 'inline' ? INLINE : segment.scope === SHARED_SCOPE ? SHARED_BLOB : TENANT_BLOB;

function bytesOf(segment: Segment): Buffer[] {
  if (segment.kind === 'inline') return [segment.bytes];
  if (segment.scope === SHARED_SCOPE) return [segment.hash];
  const scope = Buffer.alloc(4);
  scope.writeUInt32LE(segment.scope);
  return [scope, segment.hash];
}

/** The reverse of {@link encodeContent}; segments share memory with the document. */
export function decodeContent(document: Buffer): Segment[] {
  if (document[0] !== VERSION && document[0] !== VERSION_WITH_TENANTS)
    throw new PamojaError('BAD_VALUE', 'unknown version of a content document');
  const segments: Segment[] = [];
  let at = 5;
  for (let count = document.readUInt32LE(1); count > 0; count--) {
    const kind = document.readUInt8(at);
    const length = document.readUInt32LE(at + 1);
    const encoded = kind === INLINE ? length : BLOB_BYTES[kind];
    if (encoded === undefined) throw new PamojaError('BAD_VALUE', 'unknown segment in a content document');
    const end = at + 5 + encoded;
    const bytes = document.subarray(at + 5, end);
    const scope = kind === TENANT_BLOB ? bytes.readUInt32LE(0) : SHARED_SCOPE;
    segments.push(
      kind === INLINE ? { kind: 'inline', bytes } : { kind: 'blob', scope, hash: bytes.subarray(-32), length },
    );
    at = end;
  }
  return segments;
}

export const segmentBlobs = (segments: readonly Segment[]): BlobRef[] =>
  segments.flatMap((segment) => (segment.kind === 'blob' ? [{ scope: segment.scope, hash: segment.hash }] : []));

/** The first bytes of the document of a message that is one inline segment. */
export const ALL_INLINE = Buffer.from([VERSION, 1, 0, 0, 0, INLINE]);

/** Gives every blob that a message's content refers to: those of its MIME (null: it is known to have none) and those of its properties. */
export const contentBlobs = ({ mime, properties }: { mime: Buffer | null; properties: Buffer }): BlobRef[] => [
  ...(mime ? segmentBlobs(decodeContent(mime)) : []),
  ...documentBlobs(properties).map(({ scope, blob }) => ({ scope, hash: blob })),
];

/** Reads the bytes `[start, end)` of a message, as the caller consumes them. */
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
      else yield* objects.get(blobKey(segment), from, to);
    }
    offset += length;
    if (offset >= end) return;
  }
}
