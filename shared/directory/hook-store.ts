import { KopanoError } from '../mapi/error.ts';
import type { Database } from '../platform/database.ts';
import type { TenantId } from '../store/ids.ts';
import { canonicalAddress } from './addresses.ts';
import { lockTenant } from './tenants.ts';

/**
 * Gives an orphaned store to a user; the store that the user had becomes an orphan in its place (manual 8.2.3). Throws NOT_FOUND when the
 * tenant has no such orphan or no such user.
 */
export async function hookStore(tx: Database, tenant: TenantId, guid: Buffer, login: string): Promise<void> {
  await lockTenant(tx, tenant);
  const name = canonicalAddress(login);
  const user = await tx
    .selectFrom('users')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('login', '=', name)
    .executeTakeFirst();
  if (!user) throw new KopanoError('NOT_FOUND', 'no such user');
  const orphan = await tx
    .selectFrom('stores')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('guid', '=', guid)
    .where('former_login', 'is not', null)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (!orphan) throw new KopanoError('NOT_FOUND', 'no such orphaned store');
  // A user has one store: the one that is there steps aside first.
  await tx
    .updateTable('stores')
    .set({ user_id: null, former_login: name })
    .where('tenant_id', '=', tenant)
    .where('user_id', '=', user.id)
    .execute();
  await tx
    .updateTable('stores')
    .set({ user_id: user.id, former_login: null })
    .where('tenant_id', '=', tenant)
    .where('id', '=', orphan.id)
    .execute();
}
