import { countReferences } from '../../blobs/blobs.ts';
import type { Database } from '../../database/database.ts';
import { inTransaction } from '../../database/transaction.ts';
import { contentBlobs } from '../content/content-document.ts';
import type { StoreContext } from '../engine/context.ts';
import type { StoreId, StoreRef, TenantId } from '../engine/ids.ts';
import { lockStore, lockStores } from '../engine/store-lock.ts';

const BATCH = 500;

/** Stores that were marked for removal before a time, of all tenants. */
export async function removedStores(db: Database, removedBefore: number, limit: number): Promise<StoreRef[]> {
  const rows = await db
    .selectFrom('stores')
    .select(['tenant_id', 'id'])
    .where('removed_at', '<', removedBefore)
    .limit(limit)
    .execute();
  return rows.map((row) => ({ tenant: row.tenant_id as TenantId, store: row.id as StoreId }));
}

/**
 * Removes a store for good, batch by batch, as long as there is time: what its messages point to is counted down, so that the purge
 * takes the blobs that nobody else has. Returns whether it is gone; a removal that was cut off is simply called again.
 */
export async function removeStore(context: StoreContext, ref: StoreRef, timeLeft: () => boolean): Promise<boolean> {
  for (;;) {
    if (!timeLeft()) return false;
    const more = await inTransaction(context.db, (tx) => removeMessages(tx, context, ref));
    if (!more) break;
  }
  for (;;) {
    if (!timeLeft()) return false;
    const result = await context.db
      .deleteFrom('changes')
      .where('tenant_id', '=', ref.tenant)
      .where('store_id', '=', ref.store)
      .limit(10 * BATCH)
      .executeTakeFirst();
    if (Number(result.numDeletedRows) === 0) break;
  }
  await inTransaction(context.db, async (tx) => {
    await lockStores(tx, ref.tenant, [ref.store]);
    for (const table of [
      'outgoing_queue',
      'acls',
      'annotations',
      'receive_folders',
      'search_results',
      'syncs',
      'folders',
    ] as const)
      await tx.deleteFrom(table).where('tenant_id', '=', ref.tenant).where('store_id', '=', ref.store).execute();
    await tx.deleteFrom('stores').where('tenant_id', '=', ref.tenant).where('id', '=', ref.store).execute();
  });
  return true;
}

async function removeMessages(tx: Database, context: StoreContext, ref: StoreRef): Promise<boolean> {
  await lockStore(tx, ref);
  const rows = await tx
    .selectFrom('message_contents')
    .select(['id', 'mime', 'properties'])
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .limit(BATCH)
    .execute();
  if (rows.length === 0) return false;
  const ids = rows.map((row) => row.id);
  for (const table of ['messages', 'message_contents'] as const)
    await tx
      .deleteFrom(table)
      .where('tenant_id', '=', ref.tenant)
      .where('store_id', '=', ref.store)
      .where('id', 'in', ids)
      .execute();
  await countReferences(
    tx,
    context.clock,
    rows.flatMap((row) => contentBlobs(row)),
    -1,
  );
  return true;
}
