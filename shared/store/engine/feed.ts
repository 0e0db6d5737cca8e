import { type InferResult, sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import type { Schema } from '../../database/schema.ts';
import { CHANGE, type ChangeKind } from './changes.ts';
import type { FolderId, MessageId, StoreRef, Uid } from './ids.ts';

/** A change as the feed has it. */
export interface FeedEntry {
  seq: number;
  kind: ChangeKind;
  folder: FolderId;
  uid: Uid | null;
  message: MessageId | null;
  /** The synchronisation that it came from; 0 is none. */
  syncId: number;
}

/** By the index that has what is asked for: the optimizer reads a store's changes from the one asked for to the last. */
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

const entryOf = (row: InferResult<ReturnType<typeof entries>>[number]): FeedEntry => ({
  seq: row.seq,
  kind: row.kind as ChangeKind,
  folder: row.folder_id as FolderId,
  uid: row.uid as Uid | null,
  message: row.message_id,
  syncId: row.sync_id ?? 0,
});

/** The changes of a store after a number, in their order, at most `limit`. */
export async function changesAfter(
  db: Database,
  ref: StoreRef,
  after: number,
  limit = CHANGES_AT_ONCE,
): Promise<FeedEntry[]> {
  const rows = await entries(db, ref, after, 'PRIMARY').limit(limit).execute();
  return rows.map(entryOf);
}

/** Changes that are in memory at a time. */
const CHANGES_AT_ONCE = 10_000;

/** The changes of the messages of one folder after a number, in their order, some at a time: there may be any number of them. */
export async function* messageChangesAfter(
  db: Database,
  ref: StoreRef,
  folder: FolderId,
  after: number,
): AsyncIterable<FeedEntry[]> {
  for (let from = after; ; ) {
    const rows = await entries(db, ref, from, 'changes_folder')
      .where('folder_id', '=', folder)
      .limit(CHANGES_AT_ONCE)
      .execute();
    // Changes of the folder itself stand among them.
    yield rows.filter(({ message_id }) => message_id !== null).map(entryOf);
    const last = rows.at(-1);
    if (!last || rows.length < CHANGES_AT_ONCE) return;
    from = last.seq;
  }
}

/** The changes of the folders of a store after a number, in their order; those of their messages are not read. */
export async function folderChangesAfter(db: Database, ref: StoreRef, after: number): Promise<FeedEntry[]> {
  const rows = await entries(db, ref, after, 'changes_kind')
    .where('kind', 'in', [CHANGE.FOLDER_NEW, CHANGE.FOLDER_CHANGED, CHANGE.FOLDER_GONE])
    .execute();
  return rows.map(entryOf);
}

/** The number of a store's last change; 0 for a store that is gone. */
export async function lastChange(db: Database, { tenant, store }: StoreRef): Promise<number> {
  const row = await db
    .selectFrom('stores')
    .select('change_seq')
    .where('tenant_id', '=', tenant)
    .where('id', '=', store)
    .executeTakeFirst();
  return row?.change_seq ?? 0;
}
