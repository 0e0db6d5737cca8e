import type { Database } from '../../database/database.ts';
import type { FolderId, StoreRef, Uid } from '../engine/ids.ts';
import { decodeKeywords, type MessageFlags } from './flags.ts';

/** The state of a message that every IMAP session of its folder has. */
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
  /** The time in its Date field; null where that cannot be read. */
  sentAt: number | null;
  /** EMAILID and THREADID (RFC 8474): the former is the same for copies, the latter for a conversation; where they were asked for. */
  emailId: Buffer | undefined;
  threadId: Buffer | undefined;
  envelope: Buffer | undefined;
  bodyStructure: Buffer | undefined;
  /** UTF-8; null where none was made at delivery. */
  preview: Buffer | null | undefined;
  /** The header fields that clients list (shared/mime/listed-header.ts); null where they are too long. */
  header: Buffer | null | undefined;
}

/** Lists uid, modseq and flags of all live messages of a folder, by uid. */
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

/** Lists the states of some messages, as {@link listStates} does. */
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

/** What searches compare beside flags. */
export interface SearchRow extends Pick<ListedMessage, 'uid' | 'size' | 'receivedAt' | 'savedAt'> {
  /** As {@link ListedMessage} has it; undefined where it was not asked for. */
  header: Buffer | null | undefined;
}

/** Reads rows for a search by uid, in batches, without the columns that only listings need. */
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
