import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { TenantId, UserId } from '../../store/engine/ids.ts';
import { canonicalAddress } from './addresses.ts';

/** The id of a user. Throws NOT_FOUND, also for a user of another tenant. */
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

/** A user's level as an administrator: 0 none, 1 of the tenant, 2 of the system (manual 6.2.6). Undefined for an unknown user. */
export async function adminLevelOf(db: Database, tenant: TenantId, user: UserId): Promise<number | undefined> {
  const row = await db
    .selectFrom('users')
    .select('admin_level')
    .where('tenant_id', '=', tenant)
    .where('id', '=', user)
    .executeTakeFirst();
  return row?.admin_level;
}
