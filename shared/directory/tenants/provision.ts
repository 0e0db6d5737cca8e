import { createHash } from 'node:crypto';
import { inTransaction } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import { newGuid } from '../../store/engine/ids.ts';
import type { DirectoryContext } from '../context.ts';
import { canonicalAddress } from '../entries/addresses.ts';
import { insertUser, type NewUser } from '../entries/users.ts';
import { newPassword } from '../login/passwords.ts';
import { audit } from './audit-log.ts';
import { makeDkimKey, storeDkimKey } from './dkim-keys.ts';
import type { TenantRegistry } from './tenant-registry.ts';
import { findTenant, insertTenant, type Tenant, type TenantLimits } from './tenants.ts';

/** An order for a tenant: its name, its domain, and its first user, who is the tenant's administrator. */
export interface TenantOrder {
  name: string;
  domain: string;
  admin: NewUser;
  limits: TenantLimits;
}

/**
 * Brings a tenant from its order to `ready`: entered in the registry, created in SQL in one transaction, then marked as ready. Each step
 * is idempotent, so that the caller repeats a call that was interrupted. Throws COLLISION for another order of that name.
 */
export async function provisionTenant(
  context: DirectoryContext,
  registry: TenantRegistry,
  order: TenantOrder,
  actor: string,
): Promise<Tenant> {
  const entry = await registry.enter({ name: order.name, guid: newGuid(context.clock()), orderHash: hashOf(order) });
  if (entry.state === 'provisioning') {
    const [password, dkimKey] = await Promise.all([newPassword(context.options, order.admin.password), makeDkimKey()]);
    await inTransaction(context.db, async (tx) => {
      // The tenant has the GUID of the registry's entry: a row with it comes from an earlier attempt.
      const made = await tx.selectFrom('tenants').select('id').where('guid', '=', entry.guid).executeTakeFirst();
      if (made) return;
      const tenant = await insertTenant(tx, context, {
        name: order.name,
        domains: [order.domain],
        limits: order.limits,
        guid: entry.guid,
      });
      await storeDkimKey(tx, context.clock, tenant, canonicalAddress(order.domain), dkimKey);
      await insertUser(tx, context, tenant, { ...order.admin, adminLevel: 1 }, password);
      await audit(tx, tenant, { at: context.clock(), actor, action: 'tenant.create', object: order.name });
    }).catch(async (error: unknown) => {
      // The same order may have been carried out concurrently.
      if (await context.db.selectFrom('tenants').select('id').where('guid', '=', entry.guid).executeTakeFirst()) return;
      // A refused order is final and must not keep the name; after any other error the caller repeats the order.
      if (PamojaError.is(error, 'COLLISION', 'BAD_VALUE', 'UNABLE_TO_COMPLETE'))
        await registry.withdraw(order.name, entry.guid);
      throw error;
    });
    await registry.advance(order.name, 'ready');
  }
  const tenant = await findTenant(context.db, order.name);
  if (!tenant) throw new Error('unreachable: the tenant was made');
  return tenant;
}

/** Digest of the order without its password, on which no password can be tested. */
const hashOf = ({ name, domain, admin, limits }: TenantOrder): string =>
  createHash('sha256')
    .update(JSON.stringify([name, domain, admin.login, admin.email, admin.fullName, limits]))
    .digest('hex');
