import type { Database } from '../../database/database.ts';
import { type Statement, StatementCache } from '../../database/statement-cache.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { FolderId, MessageId, StoreRef, Uid } from '../engine/ids.ts';

/** The view of its folder that a message is in (`messages.deleted`). */
export const VIEW = { LIVE: 0, DELETED: 1, ASSOCIATED: 2 } as const;

/** The row of a message, in whichever folder and view. */
export interface MessageFacts extends StoreRef {
  id: MessageId;
  folder: FolderId;
  uid: Uid;
  view: number;
  flags: number;
  keywords: string;
  size: number;
  receivedAt: number;
  savedAt: number;
  modifiedAt: number;
  modseq: number;
  contentSeq: number;
  status: number;
  sourceKey: Buffer | null;
}

export const MESSAGE_COLUMNS = [
  'messages.id',
  'messages.folder_id',
  'messages.uid',
  'messages.deleted',
  'messages.flags',
  'messages.keywords',
  'messages.size',
  'messages.received_at',
  'messages.saved_at',
  'messages.modified_at',
  'messages.modseq',
  'messages.content_seq',
  'messages.status',
  'messages.source_key',
] as const;

interface MessageRow {
  id: Buffer;
  folder_id: number;
  uid: number;
  deleted: number;
  flags: number;
  keywords: string;
  size: number;
  received_at: number;
  saved_at: number;
  modified_at: number;
  modseq: number;
  content_seq: number;
  status: number;
  source_key: Buffer | null;
}

export const factsOf = ({ tenant, store }: StoreRef, row: MessageRow): MessageFacts => ({
  tenant,
  store,
  id: row.id,
  folder: row.folder_id as FolderId,
  uid: row.uid as Uid,
  view: row.deleted,
  flags: row.flags,
  keywords: row.keywords,
  size: row.size,
  receivedAt: row.received_at,
  savedAt: row.saved_at,
  modifiedAt: row.modified_at || row.saved_at,
  modseq: row.modseq,
  contentSeq: row.content_seq,
  status: row.status,
  sourceKey: row.source_key,
});

const byId = (db: Database, { tenant, store }: StoreRef, id: MessageId) =>
  db
    .selectFrom('messages')
    .select(MESSAGE_COLUMNS)
    .where('messages.tenant_id', '=', tenant)
    .where('messages.store_id', '=', store)
    .where('messages.id', '=', id);

const byIdText = new StatementCache<MessageRow>();

/** The statement that reads a message by its id, for {@link factsOf}. */
export const messageStatement = (db: Database, ref: StoreRef, id: MessageId): Statement<MessageRow> =>
  byIdText.of(db, '', [ref.tenant, ref.store, id], () => byId(db, ref, id));

/** Reads messages by their ids, in no order; ids without a message are passed over. */
export async function messagesByIds(db: Database, ref: StoreRef, ids: readonly MessageId[]): Promise<MessageFacts[]> {
  const found: MessageFacts[] = [];
  for (let i = 0; i < ids.length; i += 500) {
    const rows = await db
      .selectFrom('messages')
      .select(MESSAGE_COLUMNS)
      .where('messages.tenant_id', '=', ref.tenant)
      .where('messages.store_id', '=', ref.store)
      .where('messages.id', 'in', ids.slice(i, i + 500))
      .execute();
    found.push(...rows.map((row) => factsOf(ref, row)));
  }
  return found;
}

/** Reads what a notification of new messages says, by their ids; messages that are gone are passed over. */
export async function messageClasses(
  db: Database,
  ref: StoreRef,
  ids: readonly MessageId[],
): Promise<{ id: MessageId; messageClass: string; flags: number; hasAttachments: boolean }[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('messages')
    .select(['id', 'message_class', 'flags', 'has_attachments'])
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('id', 'in', [...ids])
    .execute();
  return rows.map((row) => ({
    id: row.id,
    messageClass: row.message_class,
    flags: row.flags,
    hasAttachments: row.has_attachments === 1,
  }));
}

/** Reads a message by its id. Throws NOT_FOUND. */
export async function messageById(db: Database, ref: StoreRef, id: MessageId): Promise<MessageFacts> {
  const [facts] = await messagesByIds(db, ref, [id]);
  if (!facts) throw new PamojaError('NOT_FOUND', 'no such message');
  return facts;
}
