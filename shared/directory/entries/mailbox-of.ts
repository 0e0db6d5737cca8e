import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { Options } from '../../platform/options.ts';
import type { StoreId, StoreRef, TenantId } from '../../store/engine/ids.ts';
import { effectiveQuota, QUOTA_COLUMNS } from '../quota/quota-levels.ts';
import { canonicalAddress } from './addresses.ts';

/** The store of a user, for an administrator of the tenant, and the bytes that it may hold (0: no limit). Throws NOT_FOUND. */
export async function mailboxOf(
  { db, options }: { db: Database; options: Options },
  tenant: TenantId,
  login: string,
): Promise<{ ref: StoreRef; guid: Buffer; hardQuota: number }> {
  const row = await db
    .selectFrom('users')
    .innerJoin('tenants', 'tenants.id', 'users.tenant_id')
    .innerJoin('stores', (join) =>
      join.onRef('stores.tenant_id', '=', 'users.tenant_id').onRef('stores.user_id', '=', 'users.id'),
    )
    .select(['stores.id', 'stores.guid'])
    .select(QUOTA_COLUMNS)
    .where('users.tenant_id', '=', tenant)
    .where('users.login', '=', canonicalAddress(login))
    .executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such user with a store');
  return { ref: { tenant, store: row.id as StoreId }, guid: row.guid, hardQuota: effectiveQuota(row, options).hard };
}
