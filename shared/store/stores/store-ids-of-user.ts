import type { Database } from '../../database/database.ts';
import type { StoreId, TenantId, UserId } from '../engine/ids.ts';

/** The private store of a user, read without a lock: what changes stores finds them by their ids (store-lock.ts). */
export async function storeIdOfUser(db: Database, tenant: TenantId, user: UserId): Promise<StoreId | undefined> {
  const row = await db
    .selectFrom('stores')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('user_id', '=', user)
    .executeTakeFirst();
  return row && (row.id as StoreId);
}

/** The stores of a user that stay as orphans when the user is deleted: the private store and the archive. */
export async function storeIdsOfUser(db: Database, tenant: TenantId, user: UserId): Promise<StoreId[]> {
  const rows = await db
    .selectFrom('stores')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('user_id', '=', user)
    .unionAll(db.selectFrom('stores').select('id').where('tenant_id', '=', tenant).where('archive_user_id', '=', user))
    .execute();
  return rows.map((row) => row.id as StoreId).sort((a, b) => a - b);
}
