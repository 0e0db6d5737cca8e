import { sql } from 'kysely';
import { countReferences } from '../blobs/blobs.ts';
import type { Database } from '../platform/database.ts';
import { inTransaction } from '../platform/transaction.ts';
import { blobHashes, decodeContent } from './content-document.ts';
import type { StoreContext } from './context.ts';
import type { StoreId, TenantId } from './ids.ts';
import { lockStore } from './store-lock.ts';

/**
 * Removes up to `limit` messages that were soft-deleted before a time (manual 7.5), with their contents and their references to
 * blobs. Returns how many went; 0 when there is nothing left to do.
 */
export async function purgeSoftDeleted(context: StoreContext, deletedBefore: number, limit: number): Promise<number> {
  const due = await context.db
    .selectFrom('messages')
    .select(['tenant_id', 'store_id'])
    .distinct()
    .where('deleted_at', '<', deletedBefore)
    .limit(100)
    .execute();
  let purged = 0;
  for (const { tenant_id, store_id } of due) {
    if (purged >= limit) break;
    const ref = { tenant: tenant_id as TenantId, store: store_id as StoreId };
    purged += await inTransaction(context.db, (tx) =>
      purgeStore(tx, context, ref, deletedBefore, Math.min(limit - purged, 500)),
    );
  }
  return purged;
}

async function purgeStore(
  tx: Database,
  context: StoreContext,
  ref: { tenant: TenantId; store: StoreId },
  deletedBefore: number,
  limit: number,
): Promise<number> {
  await lockStore(tx, ref);
  const rows = await tx
    .selectFrom('messages')
    .innerJoin('message_contents', (join) =>
      join
        .onRef('message_contents.store_id', '=', 'messages.store_id')
        .onRef('message_contents.id', '=', 'messages.id'),
    )
    .select(['messages.id', 'messages.folder_id', 'message_contents.mime'])
    .where('messages.tenant_id', '=', ref.tenant)
    .where('messages.store_id', '=', ref.store)
    .where('messages.deleted', '=', 1)
    .where('messages.deleted_at', '<', deletedBefore)
    .limit(limit)
    .execute();
  if (rows.length === 0) return 0;
  const ids = rows.map((row) => row.id);
  await tx
    .deleteFrom('messages')
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('id', 'in', ids)
    .execute();
  await tx
    .deleteFrom('message_contents')
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('id', 'in', ids)
    .execute();
  for (const [folder, group] of Map.groupBy(rows, (row) => row.folder_id)) {
    await tx
      .updateTable('folders')
      .set({ deleted_count: sql<number>`\`deleted_count\` - ${group.length}` })
      .where('tenant_id', '=', ref.tenant)
      .where('id', '=', folder)
      .execute();
  }
  await countReferences(
    tx,
    context.clock,
    rows.flatMap((row) => blobHashes(decodeContent(row.mime))),
    -1,
  );
  return rows.length;
}
