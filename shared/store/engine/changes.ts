import type { InferResult } from 'kysely';
import type { Database } from '../../database/database.ts';
import { StatementCache } from '../../database/statement-cache.ts';
import { type Writer, writeNow } from '../../database/transaction.ts';
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
  /** More than the marks of a message; its bytes, if they changed too, have a new uid. */
  MESSAGE_EDITED: 7,
} as const;

export type ChangeKind = (typeof CHANGE)[keyof typeof CHANGE];

export interface Change {
  seq: number;
  kind: ChangeKind;
  folder: FolderId;
  uid: Uid | null;
}

/** A change that a transaction is about to append. */
export interface NewChange {
  kind: ChangeKind;
  folder: FolderId;
  uid?: Uid;
  message?: MessageId;
  /** The synchronisation that it comes from. */
  syncId?: number | undefined;
}

/**
 * Appends changes with the numbers from `firstSeq` on. The caller holds the store's row lock and has taken those numbers
 * from it; so a reader that has seen number n will never meet a smaller one later.
 */
export async function appendChanges(
  tx: Database,
  { tenant, store }: StoreRef,
  firstSeq: number,
  at: number,
  changes: readonly NewChange[],
  write: Writer = writeNow,
): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map((change, i) => ({
    store_id: store,
    seq: firstSeq + i,
    tenant_id: tenant,
    folder_id: change.folder,
    kind: change.kind,
    uid: change.uid ?? null,
    message_id: change.message ?? null,
    at,
    sync_id: change.syncId ? change.syncId : null,
  }));
  for (let i = 0; i < rows.length; i += 1000) await write(tx.insertInto('changes').values(rows.slice(i, i + 1000)));
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

const ofFolder = (db: Database, tenant: number, store: number, folder: number, afterSeq: number, limit: number) =>
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

/** The changes of one folder after a number, in their order, at most `limit`. */
export async function changesOfFolder(
  db: Database,
  { tenant, store }: StoreRef,
  folder: FolderId,
  afterSeq: number,
  limit = 100_000,
): Promise<Change[]> {
  const rows = await ofFolderText
    .of(db, '', [tenant, store, folder, afterSeq, limit], () => ofFolder(db, tenant, store, folder, afterSeq, limit))
    .execute();
  return rows.map((row) => ({ seq: row.seq, kind: row.kind as ChangeKind, folder, uid: row.uid as Uid | null }));
}
