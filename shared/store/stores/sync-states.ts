import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { StoreContext } from '../engine/context.ts';
import type { StoreId, StoreRef, TenantId, UserId } from '../engine/ids.ts';
import { storeGuid } from './store-guid.ts';
import { type MapiStore, storeByGuid } from './stores.ts';

/** A synchronisation of a client's copy of a folder, or of the folders of a store, with the last change that the copy contains. */
export interface Sync extends StoreRef {
  id: number;
  user: UserId;
  /** The source key of the folder. */
  sourceKey: Buffer;
  /** What is synchronised (`ICS_SYNC`). */
  changeType: number;
  changeId: number;
}

/** Creates a synchronisation and returns its id. */
export async function createSync({ db, clock }: StoreContext, sync: Omit<Sync, 'id'>): Promise<number> {
  const inserted = await db
    .insertInto('syncs')
    .values({
      tenant_id: sync.tenant,
      store_id: sync.store,
      user_id: sync.user,
      source_key: sync.sourceKey,
      change_type: sync.changeType,
      change_id: sync.changeId,
      used_at: clock(),
    })
    .executeTakeFirstOrThrow();
  return Number(inserted.insertId);
}

/** The synchronisations of a user with the given ids; others are left out. */
export async function findSyncs(
  { db }: StoreContext,
  tenant: TenantId,
  user: UserId,
  ids: readonly number[],
): Promise<Sync[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('syncs')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('user_id', '=', user)
    .where('id', 'in', [...ids])
    .execute();
  return rows.map((row) => ({
    id: row.id,
    tenant: row.tenant_id as TenantId,
    store: row.store_id as StoreId,
    user: row.user_id as UserId,
    sourceKey: row.source_key,
    changeType: row.change_type,
    changeId: row.change_id,
  }));
}

/** Sets the last change that a client's copy contains. Throws NOT_FOUND for a synchronisation of another user. */
export async function advanceSync(
  { db, clock }: StoreContext,
  tenant: TenantId,
  user: UserId,
  id: number,
  changeId: number,
): Promise<void> {
  const result = await db
    .updateTable('syncs')
    .set({ change_id: changeId, used_at: clock() })
    .where('tenant_id', '=', tenant)
    .where('user_id', '=', user)
    .where('id', '=', id)
    .executeTakeFirst();
  if (Number(result.numUpdatedRows) === 0) throw new PamojaError('NOT_FOUND', 'no such synchronisation');
}

/** The store of a synchronisation. Throws NOT_FOUND for one that is gone. */
export const storeOfSync = async (db: Database, sync: Sync): Promise<MapiStore> =>
  storeByGuid(db, [sync.tenant], await storeGuid(db, sync));

/** Removes the synchronisations of a store that gets another owner: the former owner must not go on synchronising it. */
export async function removeSyncs(tx: Database, { tenant, store }: StoreRef): Promise<void> {
  await tx.deleteFrom('syncs').where('tenant_id', '=', tenant).where('store_id', '=', store).execute();
}
