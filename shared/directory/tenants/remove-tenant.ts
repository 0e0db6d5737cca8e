import type { Database } from '../../database/database.ts';
import { inTransaction } from '../../database/transaction.ts';
import type { StoreContext } from '../../store/engine/context.ts';
import type { StoreId, TenantId } from '../../store/engine/ids.ts';
import { removeStore } from '../../store/upkeep/remove-store.ts';
import { endingTenantSessions } from '../login/session-version.ts';
import type { TenantRegistry } from './tenant-registry.ts';

/** The tables with rows of a tenant besides its stores, in an order in which foreign keys allow their deletion. */
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

/** Tenants whose grace period is over, and those whose removal was interrupted. */
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
 * Removes a tenant with all its data, as long as there is time. Returns whether it is gone; a removal that was interrupted is
 * called again. The registry's entry is deleted last, so that the name stays taken until then.
 */
export async function removeTenant(
  context: StoreContext,
  registry: TenantRegistry,
  { id, guid, name }: RemovableTenant,
  timeLeft: () => boolean,
): Promise<boolean> {
  // From here on the tenant cannot be resumed. Throws BUSY for a tenant that was resumed meanwhile, which stays untouched.
  await registry.adopt({ name, guid, state: 'deleting' });
  await registry.advance(name, 'removing');
  // In a transaction, whose commit notifies the listeners; once only, however often this is called again.
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
    // Its users as administrators of other tenants, and its right to see other tenants.
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
