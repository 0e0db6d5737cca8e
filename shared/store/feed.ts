import type { Database } from '../platform/database.ts';
import type { ChangeKind } from './changes.ts';
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

/** The changes of a store after a number, in their order, at most `limit`. */
export async function changesAfter(
  db: Database,
  { tenant, store }: StoreRef,
  after: number,
  limit = 10_000,
): Promise<FeedEntry[]> {
  const rows = await db
    .selectFrom('changes')
    .select(['seq', 'kind', 'folder_id', 'uid', 'message_id', 'sync_id'])
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    seq: row.seq,
    kind: row.kind as ChangeKind,
    folder: row.folder_id as FolderId,
    uid: row.uid as Uid | null,
    message: row.message_id,
    syncId: row.sync_id ?? 0,
  }));
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
