import type { Database } from '../database/database.ts';
import { administeredCompanies } from '../directory/entries/entries.ts';
import { adminLevelOf, userId } from '../directory/entries/user-id.ts';
import { lockTenant } from '../directory/tenants/tenants.ts';
import { PamojaError } from '../mapi/error.ts';
import type { TenantId, UserId } from '../store/engine/ids.ts';
import type { TenantScope } from '../store/stores/stores.ts';

// Who may change whom (manual 6.2.6): nobody changes, acts as, disables, resets, deletes or moves a person with more rights than oneself.
// What somebody may do is a set of companies, so "more rights" is a question of sets, for every protocol, key and command the same.

/** Who administers: a person, a key of the API, or the system itself. */
export interface Administrator {
  /** Companies whose people are within reach. */
  reaches: TenantScope;
  /** Companies that are administered. Fewer than are reached: a key of one domain reaches users and is no administrator. */
  administers: TenantScope;
}

/** The provider, SYSTEM, and the commands that run on the servers themselves. */
export const SYSTEM: Administrator = { reaches: 'all', administers: 'all' };

/** A person, as far as rights go. */
export interface Ranked {
  tenant: TenantId;
  id: UserId;
  adminLevel: number;
}

/** Levels of administrators (manual 6.2.6). */
export const ADMIN_LEVEL = { NONE: 0, COMPANY: 1, SYSTEM: 2 } as const;

const covers = (scope: TenantScope, companies: TenantScope): boolean =>
  scope === 'all' || (companies !== 'all' && companies.every((company) => scope.includes(company)));

/** The companies that somebody administers: all, the own one, and those that made them an administrator (manual 6.2.3). */
export async function administeredBy(db: Database, person: Ranked): Promise<TenantScope> {
  return administeredWith(
    person,
    person.adminLevel >= ADMIN_LEVEL.SYSTEM ? [] : await administeredCompanies(db, person.id),
  );
}

/** The same where it is known which companies made them an administrator. */
export function administeredWith({ tenant, adminLevel }: Ranked, companies: readonly TenantId[]): TenantScope {
  if (adminLevel >= ADMIN_LEVEL.SYSTEM) return 'all';
  const own = adminLevel >= ADMIN_LEVEL.COMPANY ? [tenant] : [];
  return [...new Set([...own, ...companies])];
}

/** Whether somebody may be changed, reset, acted as: within reach, and without a right that the administrator lacks. */
export async function mayAdminister(db: Database, administrator: Administrator, person: Ranked): Promise<boolean> {
  if (administrator.administers === 'all') return true;
  if (!covers(administrator.reaches, [person.tenant])) return false;
  return covers(administrator.administers, await administeredBy(db, person));
}

/**
 * The same for a user by login or number, before a change in the caller's transaction: the tenant is locked, so that nobody gains rights
 * between the check and the change. Throws NOT_FOUND for a user who is not there or out of reach, and NO_ACCESS for one with more rights.
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

/** Throws NO_ACCESS for a level that is above the administrator's own, INVALID_PARAMETER for none of the three. */
export function requireMayGrant(administrator: Administrator, tenant: TenantId, adminLevel: number): void {
  if (!Object.values<number>(ADMIN_LEVEL).includes(adminLevel))
    throw new PamojaError('INVALID_PARAMETER', 'an administrator is of level 0, 1 or 2');
  const given: TenantScope =
    adminLevel === ADMIN_LEVEL.SYSTEM ? 'all' : adminLevel === ADMIN_LEVEL.NONE ? [] : [tenant];
  if (!covers(administrator.administers, given))
    throw new PamojaError('NO_ACCESS', 'nobody gives rights that they do not have');
}
