import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import { type Statement, StatementCache } from '../../database/statement-cache.ts';
import { inBatchedTransaction } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreRef, Uid } from '../engine/ids.ts';
import { type LockedStore, lockStatement, type StoreDelta, withLockedRows } from '../engine/store-lock.ts';
import { FOLDER_TYPE } from '../folders/folder.ts';
import { FLAG } from './flags.ts';

export interface FolderDelta {
  messages: number;
  unseen: number;
  size: number;
  /** Soft-deleted messages. */
  deleted: number;
  /** Messages that belong to the folder itself. */
  associated?: number;
  /** When the folder's contents were changed, where MAPI clients are told of that (PR_LOCAL_COMMIT_TIME_MAX). */
  committedAt?: number;
}

export const NOTHING: FolderDelta = { messages: 0, unseen: 0, size: 0, deleted: 0 };

export interface FolderOutcome<T> {
  result: T;
  delta: FolderDelta;
  uidsUsed?: number;
  /** What the store gains, where that differs from what the folder gains. */
  storeDelta?: StoreDelta;
}

/** The folder that is being changed, beside its locked store. */
interface LockedFolder<Row> {
  uidNext: number;
  /** The rows of the statement that was read with the folder. */
  rows: readonly Row[];
}

type FolderWork<T, Row = never> = (store: LockedStore, folder: LockedFolder<Row>) => Promise<FolderOutcome<T>>;

/** A live folder that holds messages: what a search folder shows is in other folders. */
const folderQuery = (tx: Database, ref: StoreRef, folder: FolderId) =>
  tx
    .selectFrom('folders')
    .select('uid_next')
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('id', '=', folder)
    .where('deleted_at', '=', 0)
    .where('type', '!=', FOLDER_TYPE.SEARCH);

const folderText = new StatementCache<{ uid_next: number }>();

/** Runs work under the store's lock, then counts the changes that it has appended in the folder and the store. */
export const changeFolder = <T>(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  work: FolderWork<T>,
): Promise<T> => changeFolderReading<T, never>(context, ref, folder, () => [], work);

/** Runs work as {@link changeFolder} does, on the rows of a statement that is read under the lock in the same round trip as the folder. */
export async function changeFolderReading<T, Row>(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  alsoRead: (tx: Database) => [Statement<Row>] | [],
  work: FolderWork<T, Row>,
): Promise<T> {
  const { result, changed } = await inBatchedTransaction(context.db, async ({ tx, read, write }) => {
    const kept = folderText.of(tx, '', [ref.tenant, ref.store, folder, 0, FOLDER_TYPE.SEARCH], () =>
      folderQuery(tx, ref, folder),
    );
    const [also] = alsoRead(tx);
    const lock = lockStatement(tx, ref.tenant, [ref.store]);
    const [[locked], [row], rows] = also ? await read(lock, kept, also) : [...(await read(lock, kept)), []];
    if (!locked) throw new PamojaError('NOT_FOUND', 'no such store');
    if (!row) throw new PamojaError('NOT_FOUND', 'no such folder');
    return withLockedRows({ tx, now: context.clock(), write }, [locked], async ([store]) => {
      if (!store) throw new PamojaError('NOT_FOUND', 'no such store');
      const before = store.changeSeq;
      const { result, delta, uidsUsed, storeDelta = delta } = await work(store, { uidNext: row.uid_next, rows });
      const changed = store.changeSeq > before;
      if (changed) {
        await countFolder(store, folder, delta, uidsUsed);
        store.count(storeDelta);
      }
      return { result, changed };
    });
  });
  if (changed) context.signalChanges([ref.store]);
  return result;
}

/** Writes a folder's counters; its highest modseq is the last change that was appended. */
export async function countFolder(
  store: LockedStore,
  folder: FolderId,
  delta: FolderDelta,
  uidsUsed = 0,
): Promise<void> {
  const statement = store
    .folders('counters')
    .update()
    .set({
      message_count: sql<number>`\`message_count\` + ${delta.messages}`,
      unseen_count: sql<number>`\`unseen_count\` + ${delta.unseen}`,
      size: sql<number>`\`size\` + ${delta.size}`,
      deleted_count: sql<number>`\`deleted_count\` + ${delta.deleted}`,
      ...(delta.associated ? { associated_count: sql<number>`\`associated_count\` + ${delta.associated}` } : {}),
      ...(delta.committedAt ? { committed_at: delta.committedAt } : {}),
      uid_next: sql<number>`\`uid_next\` + ${uidsUsed}`,
      highest_modseq: store.changeSeq,
    })
    .where('id', '=', folder);
  await store.write(statement);
}

/** What a change of a folder reads of a message under the store's lock. */
export interface LockedMessage {
  uid: number;
  id: Buffer;
  modseq: number;
  flags: number;
  keywords: string;
  size: number;
}

/** Reads live messages by their uids, in the order of the uids. Under the store's lock nobody changes them. */
export async function lockMessages(
  tx: Database,
  ref: StoreRef,
  folder: FolderId,
  uids: readonly Uid[],
): Promise<LockedMessage[]> {
  const all = tx
    .selectFrom('messages')
    .select(['uid', 'id', 'modseq', 'flags', 'keywords', 'size'])
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('folder_id', '=', folder)
    .where('deleted', '=', 0)
    .orderBy('uid');
  const found: LockedMessage[] = [];
  for (let i = 0; i < uids.length; i += 500)
    found.push(...(await all.where('uid', 'in', uids.slice(i, i + 500)).execute()));
  return found;
}

export function totals(rows: readonly LockedMessage[]): Omit<FolderDelta, 'deleted'> {
  return {
    messages: rows.length,
    unseen: rows.filter((row) => (row.flags & FLAG.SEEN) === 0).length,
    size: rows.reduce((sum, row) => sum + row.size, 0),
  };
}
