import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { TenantId, UserId } from '../../store/engine/ids.ts';
import { canonicalAddress } from './addresses.ts';

/** A user's number. Throws NOT_FOUND, for a user of another tenant too. */
export async function userId(db: Database, tenant: TenantId, login: string): Promise<UserId> {
  const row = await db
    .selectFrom('users')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('login', '=', canonicalAddress(login))
    .executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such user');
  return row.id as UserId;
}

/** Who administers what: 0 nothing, 1 the tenant, 2 the system (manual 6.2.6). Undefined where there is no such user in the tenant. */
export async function adminLevelOf(db: Database, tenant: TenantId, user: UserId): Promise<number | undefined> {
  const row = await db
    .selectFrom('users')
    .select('admin_level')
    .where('tenant_id', '=', tenant)
    .where('id', '=', user)
    .executeTakeFirst();
  return row?.admin_level;
}
