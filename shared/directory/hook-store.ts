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
    .select(['id', 'user_id'])
    .where('tenant_id', '=', tenant)
    .where('guid', '=', guid)
    .where('former_login', 'is not', null)
    .executeTakeFirst();
  if (!orphan) throw new KopanoError('NOT_FOUND', 'no such orphaned store');
  const own = await tx
    .selectFrom('stores')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('user_id', '=', user.id)
    .executeTakeFirst();
  const give = (store: number, owner: number, former: string | null) =>
    tx
      .updateTable('stores')
      .set({ user_id: owner, former_login: former })
      .where('tenant_id', '=', tenant)
      .where('id', '=', store)
      .execute();
  // A user has one store: the orphan steps aside first. Its old owner's number is free for the store that becomes the orphan.
  await give(orphan.id, 0, '');
  if (own) await give(own.id, orphan.user_id, name);
  await give(orphan.id, user.id, null);
}
