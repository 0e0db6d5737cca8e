import type { Database } from '../../database/database.ts';
import { inTransaction } from '../../database/transaction.ts';
import type { StoreContext } from '../../store/engine/context.ts';
import type { StoreId, TenantId } from '../../store/engine/ids.ts';
import { removeStore } from '../../store/upkeep/remove-store.ts';
import { endingTenantSessions } from '../login/session-version.ts';
import type { TenantRegistry } from './tenant-registry.ts';

/** What of a tenant is left once its stores are gone, in the order in which it can go. */
const TABLES = [
  'addresses',
  'group_members',
  'groups',
  'send_as',
  'quota_recipients',
  'subscriptions',
  'company_viewers',
  'company_admins',
  'api_keys',
  'dkim_keys',
  'domains',
  'domain_claims',
  'audit_log',
  'named_properties',
  'address_book_changes',
  'users',
] as const;

export interface RemovableTenant {
  id: TenantId;
  guid: Buffer;
  name: string;
}

/** Tenants whose grace period is over, and those whose removal was cut off. */
export async function tenantsToRemove(db: Database, now: number): Promise<RemovableTenant[]> {
  const rows = await db
    .selectFrom('tenants')
    .select(['id', 'guid', 'name'])
    .where((where) =>
      where.or([
        where('state', '=', 'removing'),
        where.and([where('state', '=', 'deleting'), where('delete_after', '<', now)]),
      ]),
    )
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ id: row.id as TenantId, guid: row.guid, name: row.name }));
}

/**
 * Removes a tenant with everything that is its own, as long as there is time. Returns whether it is gone; one that was cut off is
 * called again. The registry's entry goes last: until then the name stays taken.
 */
export async function removeTenant(
  context: StoreContext,
  registry: TenantRegistry,
  { id, guid, name }: RemovableTenant,
  timeLeft: () => boolean,
): Promise<boolean> {
  // From here on nobody can resume it. One that was resumed meanwhile throws BUSY, and nothing is done to it.
  await registry.adopt({ name, guid, state: 'deleting' });
  await registry.advance(name, 'removing');
  // In a transaction, so that listeners are told once it is committed; once only, however often this is called again.
  await inTransaction(context.db, (tx) =>
    tx
      .updateTable('tenants')
      .set(endingTenantSessions(tx, id, { state: 'removing' }))
      .where('id', '=', id)
      .where('state', '=', 'deleting')
      .execute(),
  );
  const stores = await context.db.selectFrom('stores').select('id').where('tenant_id', '=', id).execute();
  for (const store of stores) {
    const ref = { tenant: id, store: store.id as StoreId };
    if (!(await removeStore(context, ref, timeLeft))) return false;
  }
  await inTransaction(context.db, async (tx) => {
    // Its users as administrators of other companies, and itself as a viewer of them.
    await tx
      .deleteFrom('company_admins')
      .where('user_id', 'in', (query) => query.selectFrom('users').select('users.id').where('users.tenant_id', '=', id))
      .execute();
    await tx.deleteFrom('company_viewers').where('viewer_tenant_id', '=', id).execute();
    for (const table of TABLES) await tx.deleteFrom(table).where('tenant_id', '=', id).execute();
    await tx.deleteFrom('tenants').where('id', '=', id).where('state', '=', 'removing').execute();
  });
  await registry.remove(name);
  return true;
}
