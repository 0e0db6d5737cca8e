import { createHash } from 'node:crypto';
import { type Blob, type BlobRef, blobScope, storeBlob } from '../../blobs/blobs.ts';
import { encodePropertyDocument } from '../../mapi/property-document.ts';
import { PR } from '../../mapi/property-tags.ts';
import type { ReadRange } from '../../mime/byte-range.ts';
import { listedHeader } from '../../mime/listed-header.ts';
import { type MessageProperties, messageProperties } from '../../mime/message-properties.ts';
import type { MessageSource } from '../../mime/message-source.ts';
import type { Part } from '../../mime/part.ts';
import { encodePartIndex } from '../../mime/part-index.ts';
import { PREVIEW_BYTES, previewOf } from '../../mime/preview.ts';
import { reportProperties } from '../../mime/report.ts';
import { findTnef, tnefOf } from '../../mime/tnef-part.ts';
import { runUnlimited, type WorkRunner } from '../../mime/work-runner.ts';
import { collect } from '../../platform/collect.ts';
import { TimeLimitError, withinTime } from '../../platform/time-limit.ts';
import { encodeBodyStructure } from '../../protocol/imap/body-structure.ts';
import { encodeEnvelope } from '../../protocol/imap/envelope.ts';
import type { StoreContext } from '../engine/context.ts';
import type { TenantId } from '../engine/ids.ts';
import { encodeContent, type Segment, segmentBlobs } from './content-document.ts';

/** A message that is ready to be stored in folders: its large parts are in the object store, and the columns of listings are made. */
export interface PreparedMessage {
  size: number;
  receivedAt: number;
  properties: MessageProperties;
  propertyDocument: Buffer;
  content: Buffer;
  blobs: BlobRef[];
  parts: string;
  envelope: Buffer;
  bodyStructure: Buffer;
  /** UTF-8. */
  preview: Buffer;
  /** The fields that clients list; undefined where they are too long. */
  header: Buffer | undefined;
}

/** A larger TNEF part (bytes) is parsed only when the message is opened, so that deliveries do not wait for it. */
const TNEF_AT_DELIVERY = 4 * 1024 * 1024;

/** Time for each parsing step. The parsers are linear; should one not be, it blocks the process no longer than this (docs/decisions/0028-time-to-parse.md). */
const PARSE_LIMIT_MS = 2000;

/** Messages up to this many bytes are parsed without a time limit, which would cost more than parsing them. */
const ALWAYS_SHORT = 16 * 1024;

/**
 * Splits a message of one tenant into inline segments and blobs, stores the blobs in the tenant's scope, and derives properties, envelope, body
 * structure and preview.
 */
export async function prepareMessage(
  context: StoreContext,
  tenant: TenantId,
  source: MessageSource,
  root: Part,
  receivedAt: number,
): Promise<PreparedMessage> {
  const segments: Segment[] = [];
  for (const range of cut(root, source.size, context.options.attachment_inline_max)) {
    if (range.blob) segments.push(await blobSegment(context, tenant, source, range));
    else segments.push({ kind: 'inline', bytes: await collect(source.read(range.start, range.end)) });
  }
  return {
    size: source.size,
    receivedAt,
    content: encodeContent(segments),
    blobs: segmentBlobs(segments),
    ...(await derive(context, source, root, receivedAt)),
  };
}

/** What is derived from the bytes of a message. */
type Derived = Omit<PreparedMessage, 'size' | 'receivedAt' | 'content' | 'blobs'>;

/** Derives properties and listing columns; a message that takes too long to parse gets those of a plain text without a header. */
async function derive(context: StoreContext, source: MessageSource, root: Part, receivedAt: number): Promise<Derived> {
  const run: WorkRunner =
    source.size <= ALWAYS_SHORT ? runUnlimited : (work) => withinTime(context.parseLimitMs ?? PARSE_LIMIT_MS, work);
  try {
    return await deriveWithin(run, source, root, receivedAt);
  } catch (error) {
    if (!(error instanceof TimeLimitError)) throw error;
    context.log?.warn(
      { error, bytes: source.size },
      'parsing a message exceeded the time limit, it is stored as plain text without its structure',
    );
    return plainly(source, root, receivedAt);
  }
}

async function deriveWithin(run: WorkRunner, source: MessageSource, root: Part, receivedAt: number): Promise<Derived> {
  const read: ReadRange = ({ start, end }) => collect(source.read(start, end));
  const beginning = await read({ start: 0, end: Math.min(source.size, PREVIEW_BYTES) });
  const report = await reportProperties(root, read, run);
  const tnef = run(() => findTnef(root));
  const inside = tnef && (await tnefOf(tnef, read, TNEF_AT_DELIVERY, run));
  return run(() => {
    const properties = messageProperties(root, receivedAt);
    for (const [tag, value] of report) properties.bag.set(tag, value);
    // The class in TNEF has precedence over the one from the header (MS-OXTNEF §2.1.3.3.1) and over the one of a report.
    const messageClass = inside?.object.properties.get(PR.MESSAGE_CLASS) ?? properties.bag.get(PR.MESSAGE_CLASS);
    if (typeof messageClass === 'string' && messageClass !== '') {
      properties.messageClass = messageClass;
      properties.bag.set(PR.MESSAGE_CLASS, messageClass);
    }
    return {
      ...listingOf(root, properties),
      preview: Buffer.from(previewOf(beginning, root), 'utf8'),
      header:
        root.bodyStart <= beginning.length
          ? listedHeader(beginning.subarray(root.headerStart, root.bodyStart))
          : undefined,
    };
  });
}

/** Derives the columns of a message that is taken as one plain text: neither its header nor its parts are read. */
function plainly(source: MessageSource, root: Part, receivedAt: number): Derived {
  const plain: Part = {
    ...root,
    ...{ kind: 'leaf', bodyEnd: source.size, fields: [], encoding: '7bit', children: [] },
    contentType: { value: 'text/plain', params: [] },
  };
  return { ...listingOf(plain, messageProperties(plain, receivedAt)), preview: Buffer.alloc(0), header: undefined };
}

const listingOf = (root: Part, properties: MessageProperties): Omit<Derived, 'preview' | 'header'> => ({
  properties,
  propertyDocument: encodePropertyDocument(properties.bag),
  parts: encodePartIndex(root),
  envelope: Buffer.from(encodeEnvelope(root.fields), 'latin1'),
  bodyStructure: Buffer.from(encodeBodyStructure(root, true), 'latin1'),
});

interface CutRange {
  start: number;
  end: number;
  blob: boolean;
}

/** Cuts a message at its large leaf parts. The bytes between them become a blob as well once they are too large for a row. */
function cut(root: Part, size: number, inlineMax: number): CutRange[] {
  const leaves = largeLeaves(root, inlineMax);
  const ranges: CutRange[] = [];
  let at = 0;
  const between = (end: number) => {
    if (end > at) ranges.push({ start: at, end, blob: end - at > Math.max(4 * inlineMax, 64 * 1024) });
  };
  for (const leaf of leaves) {
    between(leaf.bodyStart);
    ranges.push({ start: leaf.bodyStart, end: leaf.bodyEnd, blob: true });
    at = leaf.bodyEnd;
  }
  between(size);
  return ranges;
}

function largeLeaves(part: Part, inlineMax: number): Part[] {
  if (part.children.length > 0) return part.children.flatMap((child) => largeLeaves(child, inlineMax));
  return part.bodyEnd - part.bodyStart >= Math.max(inlineMax, 1) ? [part] : [];
}

async function blobSegment(
  context: StoreContext,
  tenant: TenantId,
  source: MessageSource,
  { start, end }: CutRange,
): Promise<Segment> {
  const hash = createHash('sha256');
  for await (const chunk of source.read(start, end)) hash.update(chunk);
  const blob: Blob = { scope: blobScope(context.options, tenant), hash: hash.digest(), size: end - start };
  await storeBlob(context.db, context.objects, context.clock, blob, () => source.read(start, end));
  return { kind: 'blob', scope: blob.scope, hash: blob.hash, length: blob.size };
}
