import type { Database } from '../../database/database.ts';
import type { ByteRange } from '../../mime/byte-range.ts';
import { type HeaderField, parseHeaderFields } from '../../mime/header-fields.ts';
import type { Part } from '../../mime/part.ts';
import { decodePartIndex } from '../../mime/part-index.ts';
import { collect } from '../../platform/collect.ts';
import { decodeContent, readContent, type Segment } from '../content/content-document.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, MessageId, StoreId, StoreRef, TenantId, Uid } from '../engine/ids.ts';
import { decodeKeywords, type MessageFlags } from './flags.ts';

/** What every view of a folder holds of each message. */
export interface MessageState extends MessageFlags {
  uid: Uid;
  modseq: number;
}

/** A message as IMAP lists it. Envelope and body structure are ready for the wire. */
export interface ListedMessage extends MessageState {
  size: number;
  /** Milliseconds since 1970 (UTC). */
  receivedAt: number;
  /** When it came into this folder. */
  savedAt: number;
  /** Of its Date field; null where that cannot be read. */
  sentAt: number | null;
  /** What it has in common with its copies, and with those on its subject; where that was asked for. */
  emailId: Buffer | undefined;
  threadId: Buffer | undefined;
  envelope: Buffer | undefined;
  bodyStructure: Buffer | undefined;
  /** UTF-8; null where it was not made at the delivery. */
  preview: Buffer | null | undefined;
  /** The fields that `isListed` tells; null where they are too long to be kept. */
  header: Buffer | null | undefined;
}

/** Uid, modseq and marks of all live messages of a folder, by uid. */
export async function listStates(db: Database, { tenant }: StoreRef, folder: FolderId): Promise<MessageState[]> {
  const rows = await db
    .selectFrom('messages')
    .select(['uid', 'modseq', 'flags', 'keywords'])
    .where('tenant_id', '=', tenant)
    .where('folder_id', '=', folder)
    .where('deleted', '=', 0)
    .orderBy('uid')
    .execute();
  return rows.map(stateOf);
}

/** The same for some messages. */
export async function statesOf(
  db: Database,
  { tenant }: StoreRef,
  folder: FolderId,
  uids: readonly Uid[],
): Promise<MessageState[]> {
  const found: MessageState[] = [];
  for (const batch of batches(uids)) {
    const rows = await db
      .selectFrom('messages')
      .select(['uid', 'modseq', 'flags', 'keywords'])
      .where('tenant_id', '=', tenant)
      .where('folder_id', '=', folder)
      .where('deleted', '=', 0)
      .where('uid', 'in', batch)
      .orderBy('uid')
      .execute();
    found.push(...rows.map(stateOf));
  }
  return found;
}

/** Which of the wide columns a listing needs. */
export interface ListColumns {
  envelope?: boolean;
  bodyStructure?: boolean;
  preview?: boolean;
  header?: boolean;
  objectIds?: boolean;
  /** Only messages with a modseq above it. */
  changedSince?: number | undefined;
}

/** Lists messages by uid, in batches, so that a listing of any length has bounded memory. */
export async function* listMessages(
  db: Database,
  { tenant }: StoreRef,
  folder: FolderId,
  uids: readonly Uid[],
  columns: ListColumns,
): AsyncIterable<ListedMessage[]> {
  for (const batch of batches(uids)) {
    const first = batch[0];
    const last = batch.at(-1);
    if (first === undefined || last === undefined) continue;
    const dense = last - first < batch.length * 4;
    const rows = await db
      .selectFrom('messages')
      .select(['uid', 'modseq', 'flags', 'keywords', 'size', 'received_at', 'saved_at', 'sent_at'])
      .$if(columns.objectIds === true, (query) => query.select(['id', 'email_id', 'conversation_id']))
      .$if(columns.changedSince !== undefined, (query) => query.where('modseq', '>', columns.changedSince ?? 0))
      .$if(columns.envelope === true, (query) => query.select('imap_envelope'))
      .$if(columns.bodyStructure === true, (query) => query.select('imap_body_structure'))
      .$if(columns.preview === true, (query) => query.select('imap_preview'))
      .$if(columns.header === true, (query) => query.select('imap_header'))
      .where('tenant_id', '=', tenant)
      .where('folder_id', '=', folder)
      .where('deleted', '=', 0)
      .$if(dense, (query) => query.where('uid', '>=', first).where('uid', '<=', last))
      .$if(!dense, (query) => query.where('uid', 'in', batch))
      .orderBy('uid')
      .execute();
    const contiguous = last - first + 1 === batch.length;
    const wanted = dense && !contiguous ? new Set(batch) : undefined;
    yield rows
      .filter((row) => !wanted || wanted.has(row.uid as Uid))
      .map((row) => ({
        ...stateOf(row),
        size: row.size,
        receivedAt: row.received_at,
        savedAt: row.saved_at,
        sentAt: row.sent_at,
        emailId: row.email_id ?? row.id,
        threadId: row.conversation_id,
        envelope: row.imap_envelope,
        bodyStructure: row.imap_body_structure,
        preview: row.imap_preview,
        header: row.imap_header,
      }));
  }
}

/** What searches compare of a message beside its flags. */
export interface SearchRow extends Pick<ListedMessage, 'uid' | 'size' | 'receivedAt' | 'savedAt'> {
  /** As {@link ListedMessage} has it; undefined where it was not asked for. */
  header: Buffer | null | undefined;
}

/** The rows of messages by uid, in batches, without what only listings need. */
export async function* searchRows(
  db: Database,
  { tenant }: StoreRef,
  folder: FolderId,
  uids: readonly Uid[],
  { header }: { header: boolean },
): AsyncIterable<SearchRow[]> {
  for (const batch of batches(uids)) {
    const [first = 0, last = 0] = [batch[0], batch.at(-1)];
    const dense = last - first < batch.length * 4;
    const rows = await db
      .selectFrom('messages')
      .select(['uid', 'size', 'received_at', 'saved_at'])
      .$if(header, (query) => query.select('imap_header'))
      .where('tenant_id', '=', tenant)
      .where('folder_id', '=', folder)
      .where('deleted', '=', 0)
      .$if(dense, (query) => query.where('uid', '>=', first).where('uid', '<=', last))
      .$if(!dense, (query) => query.where('uid', 'in', batch))
      .execute();
    yield rows.map((row) => ({
      uid: row.uid as Uid,
      size: row.size,
      receivedAt: row.received_at,
      savedAt: row.saved_at,
      header: row.imap_header,
    }));
  }
}

/** The bytes of one message, and where its parts are in them; the parts come without their header fields. */
export interface MessageContent {
  size: number;
  root: Part;
  read(range: ByteRange): AsyncIterable<Buffer>;
}

/** A message in its store. */
export interface StoredContent extends MessageContent {
  /** What its bytes are known by: others have another (`messages.email_id`, else its id). */
  bytesId: Buffer;
}

/** The header fields of a message; the index of its parts has no header in it. */
export const readHeader = async ({ root, read }: MessageContent): Promise<HeaderField[]> =>
  parseHeaderFields(await collect(read({ start: root.headerStart, end: root.bodyStart })));

/** Messages whose content is opened at once, at first; then as many as have about so many bytes. */
const FIRST_BATCH = 32;
const BATCH_BYTES = 1024 * 1024;
const MAX_BATCH = 400;

/** Opens the contents of messages, by uid; those that have been expunged are passed over. The next are read while these are used. */
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
    return batch.length > 0 ? contentRows(context.db, ref, folder, batch) : undefined;
  };
  let next = read();
  while (next) {
    const rows = await next;
    const bytes = rows.reduce((sum, { mime, parts }) => sum + mime.length + parts.length, 0);
    const average = Math.max(bytes / Math.max(rows.length, 1), 1);
    count = Math.min(Math.max(Math.floor(BATCH_BYTES / average), 4), MAX_BATCH);
    next = read();
    // Whoever stops before the end waits for no more of them.
    next?.catch(() => {});
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

/** Where a message is looked for. */
export interface MessagePlace {
  store: StoreId;
  folder: FolderId;
  id: MessageId;
}

/**
 * Finds live messages of a tenant by their ids, those that are in the folder that is named for each; what opens the content of one throws
 * where that cannot be read, and says nothing of the others.
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

interface StateRow {
  uid: number;
  modseq: number;
  flags: number;
  keywords: string;
}

const stateOf = (row: StateRow): MessageState => ({
  uid: row.uid as Uid,
  modseq: row.modseq,
  flags: row.flags,
  keywords: decodeKeywords(row.keywords),
});

function* batches(uids: readonly Uid[]): Iterable<Uid[]> {
  for (let i = 0; i < uids.length; i += 500) yield uids.slice(i, i + 500);
}
