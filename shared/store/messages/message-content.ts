import type { Database } from '../../database/database.ts';
import type { ByteRange } from '../../mime/byte-range.ts';
import { type HeaderField, parseHeaderFields } from '../../mime/header-fields.ts';
import type { Part } from '../../mime/part.ts';
import { decodePartIndex } from '../../mime/part-index.ts';
import { collect } from '../../platform/collect.ts';
import { decodeContent, readContent, type Segment } from '../content/content-document.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, MessageId, StoreId, StoreRef, TenantId, Uid } from '../engine/ids.ts';

/** The bytes of a message and the index of its parts, which come without their header fields. */
export interface MessageContent {
  size: number;
  root: Part;
  read(range: ByteRange): AsyncIterable<Buffer>;
}

/** The content of a message that is in a store. */
export interface StoredContent extends MessageContent {
  /** Identifies the bytes: it changes with them (`messages.email_id`, else the message's id). */
  bytesId: Buffer;
}

/** Reads the header fields of a message, which the index of its parts does not have. */
export const readHeader = async ({ root, read }: MessageContent): Promise<HeaderField[]> =>
  parseHeaderFields(await collect(read({ start: root.headerStart, end: root.bodyStart })));

/** Messages in the first batch of contents; later batches have about so many bytes. */
const FIRST_BATCH = 32;
const BATCH_BYTES = 1024 * 1024;
const MAX_BATCH = 400;

/** Opens the contents of messages by uid; expunged messages are passed over. The next batch is read while the caller uses this one. */
export async function* openContents(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  uids: readonly Uid[],
): AsyncIterable<[Uid, MessageContent]> {
  let at = 0;
  let count = FIRST_BATCH;
  const read = () => {
    const batch = uids.slice(at, at + count);
    at += batch.length;
    // Settled: a failure is thrown when the batch is used, and not at all where the caller stops before.
    return batch.length > 0 ? Promise.allSettled([contentRows(context.db, ref, folder, batch)]) : undefined;
  };
  let next = read();
  while (next) {
    const [outcome] = await next;
    if (outcome.status === 'rejected') throw outcome.reason;
    const rows = outcome.value;
    const bytes = rows.reduce((sum, { mime, parts }) => sum + mime.length + parts.length, 0);
    const average = Math.max(bytes / Math.max(rows.length, 1), 1);
    count = Math.min(Math.max(Math.floor(BATCH_BYTES / average), 4), MAX_BATCH);
    next = read();
    for (const row of rows) yield [row.uid as Uid, contentOf(context, row)];
  }
}

const contentRows = (db: Database, { tenant, store }: StoreRef, folder: FolderId, uids: readonly Uid[]) =>
  db
    .selectFrom('messages')
    .innerJoin('message_contents', (join) =>
      join
        .onRef('message_contents.store_id', '=', 'messages.store_id')
        .onRef('message_contents.id', '=', 'messages.id'),
    )
    .select(['messages.uid', 'messages.size', 'message_contents.mime', 'message_contents.parts'])
    .where('messages.tenant_id', '=', tenant)
    .where('messages.store_id', '=', store)
    .where('messages.folder_id', '=', folder)
    .where('messages.deleted', '=', 0)
    .where('messages.uid', 'in', uids)
    .orderBy('messages.uid')
    .execute();

function contentOf({ objects }: StoreContext, row: { size: number; mime: Buffer; parts: string }): MessageContent {
  const segments: Segment[] = decodeContent(row.mime);
  return {
    size: row.size,
    root: decodePartIndex(row.parts),
    read: ({ start, end }) => readContent(objects, segments, start, end),
  };
}

/** The folder that a message is expected in. */
export interface MessagePlace {
  store: StoreId;
  folder: FolderId;
  id: MessageId;
}

/**
 * Finds live messages of a tenant by their ids, if they are in the folder that is named for each. Gives a function for each that opens its content,
 * and throws where the content cannot be decoded, so that a faulty message does not fail the others.
 */
export async function openContentsById<Place extends MessagePlace>(
  context: StoreContext,
  tenant: TenantId,
  places: readonly Place[],
): Promise<Map<Place, () => StoredContent>> {
  if (places.length === 0) return new Map();
  const rows = await context.db
    .selectFrom('messages')
    .innerJoin('message_contents', (join) =>
      join
        .onRef('message_contents.store_id', '=', 'messages.store_id')
        .onRef('message_contents.id', '=', 'messages.id'),
    )
    .select(['messages.store_id', 'messages.folder_id', 'messages.id', 'messages.email_id'])
    .select(['messages.uid', 'messages.size', 'message_contents.mime', 'message_contents.parts'])
    .where('messages.tenant_id', '=', tenant)
    .where('messages.store_id', 'in', [...new Set(places.map(({ store }) => store))])
    .where(
      'messages.id',
      'in',
      places.map(({ id }) => id),
    )
    .where('messages.deleted', '=', 0)
    .execute();
  const key = (store: number, folder: number, id: Buffer) => `${store} ${folder} ${id.toString('hex')}`;
  const byPlace = new Map(rows.map((row) => [key(row.store_id, row.folder_id, row.id), row]));
  return new Map(
    places.flatMap((place) => {
      const row = byPlace.get(key(place.store, place.folder, place.id));
      return row ? [[place, () => ({ ...contentOf(context, row), bytesId: row.email_id ?? row.id })] as const] : [];
    }),
  );
}
