import type { Database } from '../../database/database.ts';
import type { StoreRef } from '../engine/ids.ts';

/** Bytes of all messages of a store that are not soft-deleted. */
export async function storeSize(db: Database, { tenant, store }: StoreRef): Promise<number> {
  const row = await db
    .selectFrom('stores')
    .select('size')
    .where('tenant_id', '=', tenant)
    .where('id', '=', store)
    .executeTakeFirst();
  return row?.size ?? 0;
}
