import type { Database } from '../database/database.ts';
import { administeredTenants } from '../directory/entries/entries.ts';
import { adminLevelOf, userId } from '../directory/entries/user-id.ts';
import { lockTenant } from '../directory/tenants/tenants.ts';
import { PamojaError } from '../mapi/error.ts';
import type { TenantId, UserId } from '../store/engine/ids.ts';
import type { TenantScope } from '../store/stores/stores.ts';

// Who may change whom (manual 6.2.6): an administrator changes, impersonates, disables or deletes no user who has more rights.
// Rights are sets of tenants, so that "more rights" is a comparison of sets, the same for every protocol, API key and command.

/** The administrator of a change: a user, an API key, or the system itself. */
export interface Administrator {
  /** Tenants whose users exist for the administrator. */
  reaches: TenantScope;
  /** Tenants that are administered, a subset of `reaches`: a key of one domain reaches users without being an administrator. */
  administers: TenantScope;
}

/** The provider, SYSTEM, and the commands that run on the servers themselves. */
export const SYSTEM: Administrator = { reaches: 'all', administers: 'all' };

/** What decides about the rights of a user. */
export interface Ranked {
  tenant: TenantId;
  id: UserId;
  adminLevel: number;
}

/** Levels of administrators (manual 6.2.6). */
export const ADMIN_LEVEL = { NONE: 0, TENANT: 1, SYSTEM: 2 } as const;

const covers = (scope: TenantScope, tenants: TenantScope): boolean =>
  scope === 'all' || (tenants !== 'all' && tenants.every((tenant) => scope.includes(tenant)));

/** The tenants that a user administers: all, or the user's own, and those that made the user an administrator (manual 6.2.3). */
export async function administeredBy(db: Database, person: Ranked): Promise<TenantScope> {
  return administeredWith(
    person,
    person.adminLevel >= ADMIN_LEVEL.SYSTEM ? [] : await administeredTenants(db, person.id),
  );
}

/** The tenants that a user administers, once those that made the user an administrator have been read. */
export function administeredWith({ tenant, adminLevel }: Ranked, tenants: readonly TenantId[]): TenantScope {
  if (adminLevel >= ADMIN_LEVEL.SYSTEM) return 'all';
  const own = adminLevel >= ADMIN_LEVEL.TENANT ? [tenant] : [];
  return [...new Set([...own, ...tenants])];
}

/** Whether an administrator may change or impersonate a user: one within reach, without a right that the administrator lacks. */
export async function mayAdminister(db: Database, administrator: Administrator, person: Ranked): Promise<boolean> {
  if (administrator.administers === 'all') return true;
  if (!covers(administrator.reaches, [person.tenant])) return false;
  return covers(administrator.administers, await administeredBy(db, person));
}

/**
 * The same for a user by login or id, before a change in the caller's transaction. The tenant is locked, so that the user gains no rights
 * between the check and the change. Throws NOT_FOUND for an unknown user and one out of reach, and NO_ACCESS for one with more rights.
 */
export async function requireMayAdminister(
  tx: Database,
  administrator: Administrator,
  tenant: TenantId,
  who: { login: string } | { id: UserId },
): Promise<void> {
  if (!covers(administrator.reaches, [tenant])) throw new PamojaError('NOT_FOUND', 'no such user');
  await lockTenant(tx, tenant);
  const id = 'id' in who ? who.id : await userId(tx, tenant, who.login);
  const adminLevel = await adminLevelOf(tx, tenant, id);
  if (adminLevel === undefined) throw new PamojaError('NOT_FOUND', 'no such user');
  if (!(await mayAdminister(tx, administrator, { tenant, id, adminLevel })))
    throw new PamojaError('NO_ACCESS', 'the user has more rights than you');
}

/** Throws NO_ACCESS for a level above the administrator's own, INVALID_PARAMETER for an unknown level. */
export function requireMayGrant(administrator: Administrator, tenant: TenantId, adminLevel: number): void {
  if (!Object.values<number>(ADMIN_LEVEL).includes(adminLevel))
    throw new PamojaError('INVALID_PARAMETER', 'an administrator is of level 0, 1 or 2');
  const given: TenantScope =
    adminLevel === ADMIN_LEVEL.SYSTEM ? 'all' : adminLevel === ADMIN_LEVEL.NONE ? [] : [tenant];
  if (!covers(administrator.administers, given))
    throw new PamojaError('NO_ACCESS', 'nobody gives rights that they do not have');
}
