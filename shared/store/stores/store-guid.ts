import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { StoreRef } from '../engine/ids.ts';

/** The GUID of a store. Throws NOT_FOUND. */
export async function storeGuid(db: Database, { tenant, store }: StoreRef): Promise<Buffer> {
  const row = await db
    .selectFrom('stores')
    .select('guid')
    .where('tenant_id', '=', tenant)
    .where('id', '=', store)
    .executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such store');
  return row.guid;
}
