import { KopanoError } from '../mapi/error.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Options } from '../platform/options.ts';
import { inTransaction, isDuplicateKey } from '../platform/transaction.ts';
import { createStore } from '../store/create-store.ts';
import { newGuid, type StoreRef, type TenantId, type UserId } from '../store/ids.ts';
import { canonicalAddress, domainOf } from './addresses.ts';
import { hashPassword } from './passwords.ts';

export interface ProvisionContext {
  db: Database;
  clock: Clock;
  options: Options;
}

/** Makes a tenant with its mail domains. Throws COLLISION when its name or one of the domains is taken. */
export async function createTenant(
  { db, clock }: ProvisionContext,
  name: string,
  domains: readonly string[],
): Promise<TenantId> {
  return inTransaction(db, async (tx) => {
    const now = clock();
    const inserted = await unlessTaken(
      'the tenant',
      tx
        .insertInto('tenants')
        .values({ guid: newGuid(now), name, state: 'active', created_at: now })
        .executeTakeFirstOrThrow(),
    );
    const tenant = Number(inserted.insertId) as TenantId;
    const rows = domains.map((domain) => ({ name: canonicalAddress(domain), tenant_id: tenant }));
    if (rows.length > 0) await unlessTaken('a domain', tx.insertInto('domains').values(rows).execute());
    return tenant;
  });
}

export interface NewUser {
  login: string;
  password: string;
  email: string;
  fullName: string;
  aliases?: readonly string[];
  /** Features that this user has although they are disabled globally (manual 8.7.2). */
  features?: readonly string[];
  /** Bytes; absent: the server's levels count. */
  quota?: { warn: number; soft: number; hard: number };
  /** Language of the folders; absent: `default_store_locale`. */
  locale?: string;
}

/**
 * Makes a user with a private store. Throws COLLISION when the login or an address is taken, BAD_VALUE when an address is not
 * in one of the tenant's domains.
 */
export async function createUser(
  { db, clock, options }: ProvisionContext,
  tenant: TenantId,
  user: NewUser,
): Promise<{ user: UserId; store: StoreRef }> {
  const passwordHash = await hashPassword(user.password);
  const addresses = [...new Set([user.email, ...(user.aliases ?? [])].map(canonicalAddress))];
  return inTransaction(db, async (tx) => {
    await requireDomains(tx, tenant, addresses);
    const now = clock();
    const inserted = await unlessTaken(
      'the login',
      tx
        .insertInto('users')
        .values({
          tenant_id: tenant,
          guid: newGuid(now),
          login: canonicalAddress(user.login),
          full_name: user.fullName,
          email: canonicalAddress(user.email),
          password_hash: passwordHash,
          active: 1,
          features_on: (user.features ?? []).join(' '),
          features_off: '',
          quota_override: user.quota ? 1 : 0,
          quota_warn: user.quota?.warn ?? 0,
          quota_soft: user.quota?.soft ?? 0,
          quota_hard: user.quota?.hard ?? 0,
          created_at: now,
        })
        .executeTakeFirstOrThrow(),
    );
    const id = Number(inserted.insertId) as UserId;
    const rows = addresses.map((address, i) => ({
      address,
      tenant_id: tenant,
      user_id: id,
      is_primary: i === 0 ? 1 : 0,
    }));
    await unlessTaken('an address', tx.insertInto('addresses').values(rows).execute());
    const store = await createStore(tx, tenant, id, user.locale ?? options.default_store_locale, now);
    return { user: id, store };
  });
}

async function requireDomains(tx: Database, tenant: TenantId, addresses: readonly string[]): Promise<void> {
  const rows = await tx.selectFrom('domains').select('name').where('tenant_id', '=', tenant).execute();
  const own = new Set(rows.map((row) => row.name));
  const foreign = addresses.find((address) => !own.has(domainOf(address)));
  if (foreign !== undefined) throw new KopanoError('BAD_VALUE', `${foreign} is not in a domain of this tenant`);
}

async function unlessTaken<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isDuplicateKey(error)) throw new KopanoError('COLLISION', `${what} is already taken`, { cause: error });
    throw error;
  }
}
