import type { Database } from '../../database/database.ts';
import { collisionIfTaken } from '../../database/duplicate-key.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { TenantId, UserId } from '../../store/engine/ids.ts';
import { endUserSessions } from '../login/session-version.ts';
import { canonicalAddress } from './addresses.ts';

// Which tenants (Kopano's companies) may see and administer each other (manual 6.2.3).

/** Lets the users of another tenant see this one. Throws COLLISION when they may already. */
export async function addViewer(tx: Database, tenant: TenantId, viewer: TenantId): Promise<void> {
  if (tenant === viewer) throw new PamojaError('BAD_VALUE', 'a tenant always sees itself');
  await collisionIfTaken(
    'the tenant may see it already',
    tx.insertInto('company_viewers').values({ tenant_id: tenant, viewer_tenant_id: viewer }).execute(),
  );
}

/** Stops another tenant from seeing this one. Throws NOT_FOUND when it may not see it. */
export async function removeViewer(tx: Database, tenant: TenantId, viewer: TenantId): Promise<void> {
  const result = await tx
    .deleteFrom('company_viewers')
    .where('tenant_id', '=', tenant)
    .where('viewer_tenant_id', '=', viewer)
    .executeTakeFirst();
  if (Number(result.numDeletedRows) !== 1) throw new PamojaError('NOT_FOUND', 'no such viewer');
}

/** Names of the tenants that may see this one. */
export async function listViewers(db: Database, tenant: TenantId): Promise<string[]> {
  const rows = await db
    .selectFrom('company_viewers')
    .innerJoin('tenants', 'tenants.id', 'company_viewers.viewer_tenant_id')
    .select('tenants.name')
    .where('company_viewers.tenant_id', '=', tenant)
    .orderBy('tenants.name')
    .execute();
  return rows.map((row) => row.name);
}

/**
 * The tenants whose users a tenant sees: itself, and those that allow it. This is the scope of its address book; entries outside
 * do not exist for it.
 */
export async function visibleTenants(db: Database, viewer: TenantId): Promise<TenantId[]> {
  const rows = await visibleTo(db, viewer).execute();
  return [viewer, ...rows.map((row) => row.tenant_id as TenantId)];
}

/** The statement that reads the other tenants that a tenant may see. */
export const visibleTo = (db: Database, viewer: TenantId) =>
  db
    .selectFrom('company_viewers')
    .innerJoin('tenants', 'tenants.id', 'company_viewers.tenant_id')
    .select('company_viewers.tenant_id')
    .where('company_viewers.viewer_tenant_id', '=', viewer)
    .where('tenants.state', '=', 'active');

/** Makes a user of any tenant an administrator of this one. Throws COLLISION when the user is one already. */
export async function addTenantAdmin(tx: Database, tenant: TenantId, user: UserId): Promise<void> {
  await collisionIfTaken(
    'the user is an administrator already',
    tx.insertInto('company_admins').values({ tenant_id: tenant, user_id: user }).execute(),
  );
  await endUserSessions(tx, user);
}

/** Ends that. Throws NOT_FOUND when the user is not an administrator. */
export async function removeTenantAdmin(tx: Database, tenant: TenantId, user: UserId): Promise<void> {
  const result = await tx
    .deleteFrom('company_admins')
    .where('tenant_id', '=', tenant)
    .where('user_id', '=', user)
    .executeTakeFirst();
  if (Number(result.numDeletedRows) !== 1) throw new PamojaError('NOT_FOUND', 'no such administrator');
  await endUserSessions(tx, user);
}

/** Logins of the users of other tenants who administer this one. */
export async function listTenantAdmins(db: Database, tenant: TenantId): Promise<string[]> {
  const rows = await db
    .selectFrom('company_admins')
    .innerJoin('users', 'users.id', 'company_admins.user_id')
    .select('users.login')
    .where('company_admins.tenant_id', '=', tenant)
    .orderBy('users.login')
    .execute();
  return rows.map((row) => row.login);
}

/** Finds a user of any tenant by login, for administrators of the system only. Throws NOT_FOUND. */
export async function findUserAnywhere(db: Database, login: string): Promise<UserId> {
  const row = await db
    .selectFrom('users')
    .innerJoin('tenants', 'tenants.id', 'users.tenant_id')
    .select('users.id')
    .where('users.login', '=', canonicalAddress(login))
    .executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such user');
  return row.id as UserId;
}
