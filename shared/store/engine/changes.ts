import { type InferResult, sql } from 'kysely';
import type { Database, UnguardedDatabase } from '../../database/database.ts';
import type { Schema } from '../../database/schema.ts';
import { StatementCache } from '../../database/statement-cache.ts';
import type { Writer } from '../../database/transaction.ts';
import type { FolderId, MessageId, StoreRef, Uid } from './ids.ts';

/** What happened, as `changes.kind`. */
export const CHANGE = {
  MESSAGE_NEW: 1,
  MESSAGE_CHANGED: 2,
  /** Expunged, or moved to another folder. */
  MESSAGE_GONE: 3,
  FOLDER_NEW: 4,
  FOLDER_CHANGED: 5,
  FOLDER_GONE: 6,
  /** More than the flags of a message changed; where its bytes changed too, it has a new uid. */
  MESSAGE_EDITED: 7,
} as const;

export type ChangeKind = (typeof CHANGE)[keyof typeof CHANGE];

/** A change of a store, as the change feed has it. */
export interface Change {
  /** Its change number, ascending within the store. */
  seq: number;
  kind: ChangeKind;
  folder: FolderId;
  uid: Uid | null;
  message: MessageId | null;
  /** The synchronisation that made it; 0: none. */
  syncId: number;
}

/** A change of one folder, as a view of that folder needs it. */
export type FolderChange = Pick<Change, 'seq' | 'kind' | 'folder' | 'uid'>;

/** A change that a transaction is about to append. */
export interface NewChange {
  kind: ChangeKind;
  folder: FolderId;
  uid?: Uid;
  message?: MessageId;
  /** The synchronisation that it comes from. */
  syncId?: number | undefined;
}

/** A change with its place in the feed. */
export interface ChangeRow extends NewChange, StoreRef {
  seq: number;
  at: number;
}

const insertText = new StatementCache();

/** Rows that one INSERT carries. */
const INSERT_ROWS = 1000;

/**
 * Appends changes, of any number of stores. Only the lock calls this (store-lock.ts): it has taken their numbers, so that a reader that has
 * seen number n of a store never meets a smaller one later.
 */
export async function insertChanges(
  db: UnguardedDatabase,
  changes: readonly ChangeRow[],
  write: Writer,
): Promise<void> {
  for (let i = 0; i < changes.length; i += INSERT_ROWS) {
    const rows = changes.slice(i, i + INSERT_ROWS).map((change) => ({
      store_id: change.store,
      seq: change.seq,
      tenant_id: change.tenant,
      folder_id: change.folder,
      kind: change.kind,
      uid: change.uid ?? null,
      message_id: change.message ?? null,
      at: change.at,
      sync_id: change.syncId ? change.syncId : null,
    }));
    const parameters = rows.flatMap((row) => Object.values(row));
    await write(insertText.of(db, rows.length, parameters, () => db.insertInto('changes').values(rows)));
  }
}

/** Uids of messages that have left a folder after a change. */
export async function vanishedSince(
  db: Database,
  { tenant, store }: StoreRef,
  folder: FolderId,
  afterSeq: number,
): Promise<Uid[]> {
  const rows = await db
    .selectFrom('changes')
    .select('uid')
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('folder_id', '=', folder)
    .where('seq', '>', afterSeq)
    .where('kind', '=', CHANGE.MESSAGE_GONE)
    .where('uid', 'is not', null)
    .orderBy('uid')
    .execute();
  return [...new Set(rows.map((row) => row.uid as Uid))];
}

const ofFolder = (db: Database, { tenant, store }: StoreRef, folder: FolderId, afterSeq: number, limit: number) =>
  db
    .selectFrom('changes')
    .select(['seq', 'kind', 'uid'])
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('folder_id', '=', folder)
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .limit(limit);

const ofFolderText = new StatementCache<InferResult<ReturnType<typeof ofFolder>>[number]>();

/** The changes of one folder after a change number, ascending, at most `limit`. */
export async function changesOfFolder(
  db: Database,
  ref: StoreRef,
  folder: FolderId,
  afterSeq: number,
  limit = 100_000,
): Promise<FolderChange[]> {
  const rows = await ofFolderText
    .of(db, '', [ref.tenant, ref.store, folder, afterSeq, limit], () => ofFolder(db, ref, folder, afterSeq, limit))
    .execute();
  return rows.map((row) => ({ seq: row.seq, kind: row.kind as ChangeKind, folder, uid: row.uid as Uid | null }));
}

/** The table of changes, read by the given index: left alone, the optimizer reads all changes of the store from the given one to the last. */
const changesBy = (index: 'PRIMARY' | 'changes_folder' | 'changes_kind') =>
  sql<Schema['changes']>`\`changes\``.as<'changes'>(sql`\`changes\` FORCE INDEX (${sql.ref(index)})`);

const entries = (db: Database, { tenant, store }: StoreRef, after: number, index: Parameters<typeof changesBy>[0]) =>
  db
    .selectFrom(changesBy(index))
    .select(['seq', 'kind', 'folder_id', 'uid', 'message_id', 'sync_id'])
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('seq', '>', after)
    .orderBy('seq');

const entryOf = (row: InferResult<ReturnType<typeof entries>>[number]): Change => ({
  seq: row.seq,
  kind: row.kind as ChangeKind,
  folder: row.folder_id as FolderId,
  uid: row.uid as Uid | null,
  message: row.message_id,
  syncId: row.sync_id ?? 0,
});

/** The changes of a store after a change number, ascending, at most `limit`. */
export async function changesAfter(
  db: Database,
  ref: StoreRef,
  after: number,
  limit = CHANGES_AT_ONCE,
): Promise<Change[]> {
  const rows = await entries(db, ref, after, 'PRIMARY').limit(limit).execute();
  return rows.map(entryOf);
}

/** Changes that one statement reads. */
const CHANGES_AT_ONCE = 10_000;

/** The changes of the messages of one folder after a change number, ascending, in batches: a folder may have any number of them. */
export async function* messageChangesAfter(
  db: Database,
  ref: StoreRef,
  folder: FolderId,
  after: number,
): AsyncIterable<Change[]> {
  for (let from = after; ; ) {
    const rows = await entries(db, ref, from, 'changes_folder')
      .where('folder_id', '=', folder)
      .limit(CHANGES_AT_ONCE)
      .execute();
    // The index gives changes of the folder itself too.
    yield rows.filter(({ message_id }) => message_id !== null).map(entryOf);
    const last = rows.at(-1);
    if (!last || rows.length < CHANGES_AT_ONCE) return;
    from = last.seq;
  }
}

/** The changes of the folders of a store after a change number, ascending; changes of messages are not read. */
export async function folderChangesAfter(db: Database, ref: StoreRef, after: number): Promise<Change[]> {
  const rows = await entries(db, ref, after, 'changes_kind')
    .where('kind', 'in', [CHANGE.FOLDER_NEW, CHANGE.FOLDER_CHANGED, CHANGE.FOLDER_GONE])
    .execute();
  return rows.map(entryOf);
}

/** The last change number of a store; 0 for a store that is gone. */
export async function lastChange(db: Database, { tenant, store }: StoreRef): Promise<number> {
  const row = await db
    .selectFrom('stores')
    .select('change_seq')
    .where('tenant_id', '=', tenant)
    .where('id', '=', store)
    .executeTakeFirst();
  return row?.change_seq ?? 0;
}
