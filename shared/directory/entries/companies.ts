import type { Database } from '../../database/database.ts';
import { collisionIfTaken } from '../../database/duplicate-key.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { TenantId, UserId } from '../../store/engine/ids.ts';
import { endUserSessions } from '../login/session-version.ts';
import { canonicalAddress } from './addresses.ts';

// What companies let each other see and administer (manual 6.2.3).

/** Lets the users of another company see this one. Throws COLLISION where they may already. */
export async function addViewer(tx: Database, tenant: TenantId, viewer: TenantId): Promise<void> {
  if (tenant === viewer) throw new PamojaError('BAD_VALUE', 'a company always sees itself');
  await collisionIfTaken(
    'the company may see it already',
    tx.insertInto('company_viewers').values({ tenant_id: tenant, viewer_tenant_id: viewer }).execute(),
  );
}

/** Throws NOT_FOUND where it may not. */
export async function removeViewer(tx: Database, tenant: TenantId, viewer: TenantId): Promise<void> {
  const result = await tx
    .deleteFrom('company_viewers')
    .where('tenant_id', '=', tenant)
    .where('viewer_tenant_id', '=', viewer)
    .executeTakeFirst();
  if (Number(result.numDeletedRows) !== 1) throw new PamojaError('NOT_FOUND', 'no such viewer');
}

/** Names of the companies that may see this one. */
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
 * The companies whose users a company sees: itself, and those that let it. This is the scope of an address book; what is outside it
 * does not exist.
 */
export async function visibleCompanies(db: Database, viewer: TenantId): Promise<TenantId[]> {
  const rows = await visibleTo(db, viewer).execute();
  return [viewer, ...rows.map((row) => row.tenant_id as TenantId)];
}

/** The statement that reads what other companies a company sees. */
export const visibleTo = (db: Database, viewer: TenantId) =>
  db
    .selectFrom('company_viewers')
    .innerJoin('tenants', 'tenants.id', 'company_viewers.tenant_id')
    .select('company_viewers.tenant_id')
    .where('company_viewers.viewer_tenant_id', '=', viewer)
    .where('tenants.state', '=', 'active');

/** Makes a user of any company an administrator of this one. Throws COLLISION where it is one already. */
export async function addCompanyAdmin(tx: Database, tenant: TenantId, user: UserId): Promise<void> {
  await collisionIfTaken(
    'the user is an administrator already',
    tx.insertInto('company_admins').values({ tenant_id: tenant, user_id: user }).execute(),
  );
  await endUserSessions(tx, user);
}

/** Throws NOT_FOUND where it is none. */
export async function removeCompanyAdmin(tx: Database, tenant: TenantId, user: UserId): Promise<void> {
  const result = await tx
    .deleteFrom('company_admins')
    .where('tenant_id', '=', tenant)
    .where('user_id', '=', user)
    .executeTakeFirst();
  if (Number(result.numDeletedRows) !== 1) throw new PamojaError('NOT_FOUND', 'no such administrator');
  await endUserSessions(tx, user);
}

/** Logins of users of other companies who administer this one. */
export async function listCompanyAdmins(db: Database, tenant: TenantId): Promise<string[]> {
  const rows = await db
    .selectFrom('company_admins')
    .innerJoin('users', 'users.id', 'company_admins.user_id')
    .select('users.login')
    .where('company_admins.tenant_id', '=', tenant)
    .orderBy('users.login')
    .execute();
  return rows.map((row) => row.login);
}

/** A user by login in whatever company. For the system's own administrators only. Throws NOT_FOUND. */
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
