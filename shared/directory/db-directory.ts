import { KopanoError } from '../mapi/error.ts';
import type { Database } from '../platform/database.ts';
import type { Options } from '../platform/options.ts';
import { asKopanoError } from '../platform/transaction.ts';
import type { FolderId, StoreId, TenantId, UserId } from '../store/ids.ts';
import { canonicalAddress, withoutDetail } from './addresses.ts';
import type { Account, Directory, Recipient } from './directory.ts';
import { verifyNothing, verifyPassword } from './passwords.ts';

/** The directory in the database itself (manual 5.1.2, the DB plugin). */
export function dbDirectory(db: Database, options: Options): Directory {
  return {
    async resolve(addresses) {
      const candidates = addresses.map((address) =>
        [canonicalAddress(address), withoutDetail(canonicalAddress(address))].filter((form) => form !== undefined),
      );
      const rows = new Map((await recipientRows(db, candidates.flat())).map((row) => [row.address, row]));
      return addresses.map((address, i): Recipient | undefined => {
        const row = candidates[i]?.map((form) => rows.get(form)).find((found) => found !== undefined);
        if (row?.inbox_folder_id == null) return undefined;
        return {
          address,
          tenant: row.tenant_id as TenantId,
          user: row.user_id as UserId,
          store: row.store_id as StoreId,
          inbox: row.inbox_folder_id as FolderId,
          storeSize: row.size,
          hardQuota: hardQuota(row, options),
        };
      });
    },

    async hostedDomains(domains) {
      if (domains.length === 0) return new Set();
      const rows = await db
        .selectFrom('domains')
        .select('name')
        .where('name', 'in', [...new Set(domains)])
        .execute()
        .catch(rethrow);
      return new Set(rows.map((row) => row.name));
    },

    async authenticate(login, password): Promise<Account> {
      const row = await accountRow(db, canonicalAddress(login));
      const right = row ? await verifyPassword(password, row.password_hash) : await verifyNothing(password);
      if (!row || !right || row.active !== 1 || row.state !== 'active')
        throw new KopanoError('LOGON_FAILED', 'unknown user or wrong password');
      return {
        tenant: row.tenant_id as TenantId,
        user: row.id as UserId,
        store: row.store_id as StoreId,
        login: row.login,
        fullName: row.full_name,
        hardQuota: hardQuota(row, options),
        features: userFeatures(words(row.features_on), words(row.features_off), options),
      };
    },
  };
}

const rethrow = (error: unknown): never => {
  throw asKopanoError(error);
};

/** One query decides whose an address is: this is where mail finds its tenant. */
async function recipientRows(db: Database, addresses: string[]) {
  if (addresses.length === 0) return [];
  return db
    .selectFrom('addresses')
    .innerJoin('users', (join) =>
      join.onRef('users.tenant_id', '=', 'addresses.tenant_id').onRef('users.id', '=', 'addresses.user_id'),
    )
    .innerJoin('stores', (join) =>
      join.onRef('stores.tenant_id', '=', 'users.tenant_id').onRef('stores.user_id', '=', 'users.id'),
    )
    .innerJoin('tenants', 'tenants.id', 'addresses.tenant_id')
    .select([
      'addresses.address',
      'addresses.tenant_id',
      'addresses.user_id',
      'stores.id as store_id',
      'stores.inbox_folder_id',
      'stores.size',
    ])
    .select(['users.quota_override', 'users.quota_hard'])
    .where('addresses.address', 'in', addresses)
    .where('tenants.state', '=', 'active')
    .execute()
    .catch(rethrow);
}

/** One query finds the tenant of a login. */
async function accountRow(db: Database, login: string) {
  return db
    .selectFrom('users')
    .innerJoin('tenants', 'tenants.id', 'users.tenant_id')
    .innerJoin('stores', (join) =>
      join.onRef('stores.tenant_id', '=', 'users.tenant_id').onRef('stores.user_id', '=', 'users.id'),
    )
    .select([
      'users.id',
      'users.tenant_id',
      'users.login',
      'users.full_name',
      'users.password_hash',
      'users.active',
      'tenants.state',
      'stores.id as store_id',
    ])
    .select(['users.features_on', 'users.features_off', 'users.quota_override', 'users.quota_hard'])
    .where('users.login', '=', login)
    .executeTakeFirst()
    .catch(rethrow);
}

/** Manual 5.7.2: a user's own levels count only when they override the server's. */
const hardQuota = (row: { quota_override: number; quota_hard: number }, options: Options): number =>
  row.quota_override === 1 ? row.quota_hard : options.quota_hard;

const KNOWN_FEATURES = ['imap', 'pop3', 'mobile', 'outlook', 'webapp'];

/** Manual 8.7: a feature is on unless it is disabled globally, and a user's own setting counts over that. */
export function userFeatures(on: readonly string[], off: readonly string[], options: Options): Set<string> {
  const set = new Set(KNOWN_FEATURES.filter((feature) => !options.disabled_features.includes(feature)));
  for (const feature of on) set.add(feature);
  for (const feature of off) set.delete(feature);
  return set;
}

const words = (text: string): string[] => text.split(' ').filter(Boolean);
