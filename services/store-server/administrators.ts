import type { Administrator } from '../../shared/access/may-administer.ts';
import { requireMayAdminister } from '../../shared/access/may-administer.ts';
import type { Database } from '../../shared/database/database.ts';
import type { UserEntry } from '../../shared/directory/entries/entries.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import type { TenantId } from '../../shared/store/engine/ids.ts';
import type { Call } from './operations/operation.ts';

/** Throws NO_ACCESS unless the caller administers a tenant. */
export function requireAdministers({ session }: Pick<Call, 'session'>, tenant: TenantId): void {
  const { administers } = session.caller;
  if (administers !== 'all' && !administers.includes(tenant))
    throw new PamojaError('NO_ACCESS', 'you are no administrator');
}

/** The caller as an administrator, for the rules of shared/access. */
export const administratorOf = ({ session }: Pick<Call, 'session'>): Administrator => ({
  reaches: session.caller.administers,
  administers: session.caller.administers,
});

/** Throws NO_ACCESS unless the caller administers a user's tenant and has all rights that the user has. Locks the tenant. */
export async function requireAdministersUser(call: Call, tx: Database, user: UserEntry): Promise<void> {
  requireAdministers(call, user.tenant);
  await requireMayAdminister(tx, administratorOf(call), user.tenant, { id: user.id });
}

/** Throws NO_ACCESS unless the caller administers the system (admin level 2, manual 6.2.6). */
export function requireAdministersSystem({ session }: Pick<Call, 'session'>): void {
  if (session.caller.administers !== 'all')
    throw new PamojaError('NO_ACCESS', 'you are no administrator of the system');
}
