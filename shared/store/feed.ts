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

/** Which changes are wanted: of one folder's messages, of folders themselves, or at most so many of all. */
export type Wanted = { messagesOf: FolderId } | { folders: true } | { limit: number };

/** The changes of a store after a number, in their order. */
export async function changesAfter(
  db: Database,
  { tenant, store }: StoreRef,
  after: number,
  wanted: Wanted = { limit: 10_000 },
): Promise<FeedEntry[]> {
  const rows = await db
    .selectFrom('changes')
    .select(['seq', 'kind', 'folder_id', 'uid', 'message_id', 'sync_id'])
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('seq', '>', after)
    .$if('messagesOf' in wanted, (query) =>
      query.where('folder_id', '=', 'messagesOf' in wanted ? wanted.messagesOf : 0).where('message_id', 'is not', null),
    )
    .$if('folders' in wanted, (query) => query.where('message_id', 'is', null))
    .orderBy('seq')
    .$if('limit' in wanted, (query) => query.limit('limit' in wanted ? wanted.limit : 0))
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
