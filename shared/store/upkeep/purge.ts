import { sql } from 'kysely';
import { countReferences } from '../../blobs/blobs.ts';
import { caseExpression } from '../../database/case-expression.ts';
import { inTransaction } from '../../database/transaction.ts';
import { contentBlobs } from '../content/content-document.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreId, TenantId } from '../engine/ids.ts';
import { changeStore, type LockedStore, tablesOf, withLockedStores } from '../engine/store-lock.ts';
import { deleteMessageRows } from '../messages/delete-message-rows.ts';
import { VIEW } from '../messages/message-facts.ts';
import { removeReferences } from '../trees/delete-folder.ts';
import { removedStores, removeStore } from './remove-store.ts';

/**
 * Removes up to `limit` messages that were soft-deleted before a time (manual 7.5), the longest deleted first, with their contents and
 * their references to blobs; one transaction for each tenant among them. Returns how many went; 0 when there is nothing left to do.
 */
export async function purgeSoftDeleted(context: StoreContext, deletedBefore: number, limit: number): Promise<number> {
  const due = await context.db
    .selectFrom('messages')
    .select(['tenant_id', 'store_id', 'id'])
    .where('deleted_at', '<', deletedBefore)
    .orderBy('deleted_at')
    .limit(limit)
    .execute();
  let purged = 0;
  for (const [tenant, rows] of Map.groupBy(due, (row) => row.tenant_id as TenantId))
    purged += await inTransaction(context.db, (tx) => {
      const stores = [...new Set(rows.map((row) => row.store_id as StoreId))];
      return withLockedStores({ tx }, tenant, stores, (locked) => purgeMessages(locked, context, rows, deletedBefore));
    });
  return purged;
}

/**
 * Removes up to `limit` folders that were deleted before a time and have no messages in them any more but those that are associated with them,
 * which go too. Returns how many went.
 */
export async function purgeDeletedFolders(
  context: StoreContext,
  deletedBefore: number,
  limit: number,
): Promise<number> {
  const rows = await context.db
    .selectFrom('folders')
    .leftJoin('messages', (join) =>
      join
        .onRef('messages.tenant_id', '=', 'folders.tenant_id')
        .onRef('messages.folder_id', '=', 'folders.id')
        .on('messages.deleted', 'in', [VIEW.LIVE, VIEW.DELETED]),
    )
    .select(['folders.tenant_id', 'folders.store_id', 'folders.id'])
    .where('folders.deleted_at', '>', 0)
    .where('folders.deleted_at', '<', deletedBefore)
    .where('messages.folder_id', 'is', null)
    .limit(limit)
    .execute();
  for (const { tenant_id, store_id, id } of rows)
    await changeStore(context, { tenant: tenant_id as TenantId, store: store_id as StoreId }, (store) =>
      purgeFolder(context, store, id as FolderId, deletedBefore),
    );
  return rows.length;
}

/** Removes a folder for good, unless it was restored meanwhile; and what an earlier version has left of it. */
async function purgeFolder(
  context: StoreContext,
  store: LockedStore,
  folder: FolderId,
  deletedBefore: number,
): Promise<void> {
  const { numDeletedRows } = await store
    .folders('deleted already')
    .delete()
    .where('id', '=', folder)
    .where('deleted_at', '>', 0)
    .where('deleted_at', '<', deletedBefore)
    .executeTakeFirstOrThrow();
  if (numDeletedRows === 0n) return;
  const left = await store.tx
    .selectFrom('messages')
    .select('id')
    .where('tenant_id', '=', store.tenant)
    .where('store_id', '=', store.store)
    .where('folder_id', '=', folder)
    .where('deleted', '=', VIEW.ASSOCIATED)
    .execute();
  await deleteMessageRows(
    store,
    context,
    left.map(({ id }) => id),
  );
  await removeReferences(store, folder);
}

export interface PurgeReport {
  messages: number;
  folders: number;
  stores: number;
}

const BATCH = 500;

/**
 * Removes everything that was deleted before a time, batch by batch while there is time: messages, then the folders that they leave
 * empty, and stores that were marked for removal (manual 7.5 and 8.2.3).
 */
export async function purgeDeletedItems(
  context: StoreContext,
  deletedBefore: number,
  timeLeft: () => boolean,
): Promise<PurgeReport> {
  const report: PurgeReport = { messages: 0, folders: 0, stores: 0 };
  for (let more = true; more && timeLeft(); ) {
    const purged = await purgeSoftDeleted(context, deletedBefore, BATCH);
    report.messages += purged;
    more = purged > 0;
  }
  for (let more = true; more && timeLeft(); ) {
    const purged = await purgeDeletedFolders(context, deletedBefore, BATCH);
    report.folders += purged;
    more = purged === BATCH;
  }
  for (const ref of await removedStores(context.db, deletedBefore, BATCH))
    if (timeLeft() && (await removeStore(context, ref, timeLeft))) report.stores++;
  return report;
}

async function purgeMessages(
  locked: readonly LockedStore[],
  context: StoreContext,
  due: readonly { store_id: number; id: Buffer }[],
  deletedBefore: number,
): Promise<number> {
  const [first] = locked;
  if (!first) return 0;
  const { tx, tenant } = first;
  const stores = locked.map(({ store }) => store);
  const tables = tablesOf(locked, 'deleted already');
  // Some may have been restored meanwhile.
  const rows = await tx
    .selectFrom('messages')
    .innerJoin('message_contents', (join) =>
      join
        .onRef('message_contents.store_id', '=', 'messages.store_id')
        .onRef('message_contents.id', '=', 'messages.id'),
    )
    .select(['messages.folder_id', 'message_contents.mime', 'message_contents.properties'])
    .where('messages.tenant_id', '=', tenant)
    .where('messages.store_id', 'in', stores)
    .where(
      'messages.id',
      'in',
      due.map((row) => row.id),
    )
    .where('messages.deleted', '=', 1)
    .where('messages.deleted_at', '<', deletedBefore)
    .execute();
  if (rows.length === 0) return 0;
  // The same conditions again: a message has one id in every store that it was delivered to, and is not deleted in all of them.
  await tables
    .deleteFrom(['messages', 'message_contents'])
    .using('messages')
    .innerJoin('message_contents', (join) =>
      join
        .onRef('message_contents.store_id', '=', 'messages.store_id')
        .onRef('message_contents.id', '=', 'messages.id'),
    )
    .where('messages.tenant_id', '=', tenant)
    .where('messages.store_id', 'in', stores)
    .where(
      'messages.id',
      'in',
      due.map((row) => row.id),
    )
    .where('messages.deleted', '=', 1)
    .where('messages.deleted_at', '<', deletedBefore)
    .execute();
  const counts = new Map(
    [...Map.groupBy(rows, (row) => row.folder_id)].map(([folder, group]) => [folder, group.length]),
  );
  await tables
    .updateTable('folders')
    .set({ deleted_count: sql<number>`\`deleted_count\` - ${caseExpression('id', counts)}` })
    .where('tenant_id', '=', tenant)
    .where('id', 'in', [...counts.keys()])
    .execute();
  await countReferences(
    tx,
    context.clock,
    rows.flatMap((row) => contentBlobs(row)),
    -1,
  );
  return rows.length;
}
