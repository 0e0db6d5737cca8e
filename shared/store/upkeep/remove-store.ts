import { countReferences } from '../../blobs/blobs.ts';
import type { Database } from '../../database/database.ts';
import { inTransaction } from '../../database/transaction.ts';
import { contentBlobs } from '../content/content-document.ts';
import type { StoreContext } from '../engine/context.ts';
import type { StoreId, StoreRef, TenantId } from '../engine/ids.ts';
import { type LockedStore, withLockedStores } from '../engine/store-lock.ts';

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
 * Removes a store for good, batch by batch while there is time, and counts down the references of its messages, so that the purge removes
 * unreferenced blobs. Returns whether the store is gone; a removal that was cut off is called again.
 */
export async function removeStore(context: StoreContext, ref: StoreRef, timeLeft: () => boolean): Promise<boolean> {
  for (const step of [removeMessages, removeChanges])
    for (let more = true; more; ) {
      if (!timeLeft()) return false;
      more = await underLock(context, ref, (store) => step(store, context));
    }
  await underLock(context, ref, async (store) => {
    for (const table of REMOVED_TABLES)
      await store.tx.deleteFrom(table).where('tenant_id', '=', ref.tenant).where('store_id', '=', ref.store).execute();
    await store.folders('store removed').delete().execute();
    await store.remove();
    return false;
  });
  return true;
}

/** The other tables with rows of a store; no change feed tells of these rows. */
const REMOVED_TABLES = ['outgoing_queue', 'acls', 'annotations', 'receive_folders', 'search_results', 'syncs'] as const;

/** Runs work on a store in a transaction of its own; false where another purge has removed it meanwhile. */
const underLock = (
  context: StoreContext,
  { tenant, store }: StoreRef,
  work: (store: LockedStore) => Promise<boolean>,
): Promise<boolean> =>
  inTransaction(context.db, (tx) =>
    withLockedStores({ tx }, tenant, [store], async ([locked]) => (locked ? work(locked) : false)),
  );

const removeChanges = async (store: LockedStore): Promise<boolean> => (await store.deleteChanges(10 * BATCH)) > 0;

async function removeMessages(store: LockedStore, context: StoreContext): Promise<boolean> {
  const rows = await store.tx
    .selectFrom('message_contents')
    .select(['id', 'mime', 'properties'])
    .where('tenant_id', '=', store.tenant)
    .where('store_id', '=', store.store)
    .limit(BATCH)
    .execute();
  if (rows.length === 0) return false;
  const ids = rows.map((row) => row.id);
  await store.messages('store removed').delete().where('id', 'in', ids).execute();
  await store.contents('store removed').delete().where('id', 'in', ids).execute();
  await countReferences(store.tx, context.clock, rows.flatMap(contentBlobs), -1);
  return true;
}
