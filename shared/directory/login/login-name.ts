import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { Options } from '../../platform/options.ts';
import type { TenantId } from '../../store/engine/ids.ts';
import { canonicalAddress, domainOf } from '../entries/addresses.ts';
import { listDomains } from '../tenants/tenants.ts';

/** The parts of a login or a group's name by `loginname_format` (manual 6.2.2), whose %c is the name of a tenant. */
export interface LoginName {
  user: string;
  /** Undefined where the format has no %c. */
  tenant: string | undefined;
}

/** Parses a name: `john@exampleorg` by `%u@%c` is john of exampleorg. Undefined for a name that does not match the format. */
export function parseLoginName(format: string, name: string): LoginName | undefined {
  const pattern = format
    .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    .replace('%u', '(?<user>.+)')
    .replace('%c', '(?<tenant>[^\\s]+)');
  const groups = new RegExp(`^${pattern}$`, 'i').exec(name)?.groups;
  return groups?.user === undefined ? undefined : { user: groups.user, tenant: groups.tenant };
}

/** The name of a user's store in other tenants (`storename_format`, manual 6.2.2). */
export const storeName = (format: string, user: { login: string; fullName: string }, tenantName: string): string =>
  format.replace(/%[ufc]/g, (variable) =>
    variable === '%u' ? user.login : variable === '%f' ? user.fullName : tenantName,
  );

/**
 * Throws BAD_VALUE for a login that does not name its tenant: a login with `@` must end in a domain of the tenant, and a login by a
 * `loginname_format` with %c must have the tenant's name there. So logins of different tenants never collide, and creating one does not
 * tell whether another tenant has it. Plain names exist only on a server with one tenant.
 */
export async function requireLoginName(
  tx: Database,
  tenant: TenantId,
  { loginname_format: format, enable_hosted_kopano: hosted }: Options,
  login: string,
): Promise<void> {
  const name = canonicalAddress(login);
  const tenantName = format.includes('%c') ? await canonicalTenantName(tx, tenant) : undefined;
  if (tenantName !== undefined && parseLoginName(format, name)?.tenant?.toLowerCase() !== tenantName)
    throw new PamojaError('BAD_VALUE', `a login of this tenant looks like ${format.replace('%c', tenantName)}`);
  if (!name.includes('@')) {
    if (hosted && tenantName === undefined)
      throw new PamojaError('BAD_VALUE', 'a login is a name, @ and a domain of the tenant');
    return;
  }
  const domain = domainOf(name);
  // With `%u@%c` the tenant's name is in the place of a domain.
  if (domain !== tenantName && !(await listDomains(tx, tenant)).includes(domain))
    throw new PamojaError('BAD_VALUE', `${domain} is not a domain of this tenant`);
}

async function canonicalTenantName(tx: Database, tenant: TenantId): Promise<string> {
  const { name } = await tx.selectFrom('tenants').select('name').where('id', '=', tenant).executeTakeFirstOrThrow();
  return name.toLowerCase();
}
