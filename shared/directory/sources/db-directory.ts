import { randomBytes } from 'node:crypto';
import type { Database } from '../../database/database.ts';
import { asPamojaError } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import { together } from '../../platform/batched-lookup.ts';
import type { Options } from '../../platform/options.ts';
import { decodeScramKeys, encodeScramKeys, makeScramKeys, pretendedKeys } from '../../protocol/scram.ts';
import type { StoreId, TenantId, UserId } from '../../store/engine/ids.ts';
import { canonicalAddress } from '../entries/addresses.ts';
import { userFeatures } from '../entries/features.ts';
import type { VerifyPassword } from '../login/password-cache.ts';
import { verifyNothing, verifyPassword } from '../login/passwords.ts';
import { effectiveQuota, QUOTA_COLUMNS } from '../quota/quota-levels.ts';
import type { Account, Directory } from './directory.ts';
import { resolveRecipients } from './recipients.ts';
import { findSender } from './sender.ts';

/**
 * The directory in the database itself (manual 5.1.2, the DB plugin). `secret` is what the SCRAM keys of unknown users are made of: the same
 * in all tasks, or somebody who asks two of them knows who is unknown.
 */
export function dbSource(
  db: Database,
  options: Options,
  verify: VerifyPassword = verifyPassword,
  secret: Buffer = randomBytes(32),
): Directory {
  return {
    resolve: together((addresses) => resolveRecipients(db, options, addresses).catch(rethrow)),
    sender: (account) => findSender(db, options, account).catch(rethrow),

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
      const right = row ? await verify(password, row.password_hash) : await verifyNothing(password);
      if (!row || !right) throw new PamojaError('LOGON_FAILED', WRONG);
      const account = accountOf(row, options);
      if (row.scram === null) await keepScramKeys(db, account, password);
      return account;
    },

    async scramKeys(login) {
      const row = await accountRow(db, canonicalAddress(login));
      const keys = row?.scram ? decodeScramKeys(row.scram) : undefined;
      return {
        keys: keys ?? pretendedKeys(secret, canonicalAddress(login)),
        account: async () => {
          if (!row || !keys) throw new PamojaError('LOGON_FAILED', WRONG);
          const account = accountOf(row, options);
          // A client answers when it likes: the password, or all else, may have changed since its keys were read.
          const now = await accountRow(db, canonicalAddress(login));
          if (now?.session_version !== account.version.account || now.tenant_version !== account.version.tenant)
            throw new PamojaError('LOGON_FAILED', WRONG);
          return account;
        },
      };
    },
  };
}

const WRONG = 'unknown user or wrong password';

/** Throws LOGON_FAILED for somebody who may not log in. */
function accountOf(row: AccountRow, options: Options): Account {
  if (row.active !== 1 || row.state !== 'active') throw new PamojaError('LOGON_FAILED', WRONG);
  return {
    tenant: row.tenant_id as TenantId,
    user: row.id as UserId,
    store: row.store_id as StoreId,
    login: row.login,
    fullName: row.full_name,
    hardQuota: effectiveQuota(row, options).hard,
    version: { account: row.session_version, tenant: row.tenant_version },
    features: userFeatures(words(row.features_on), words(row.features_off), options),
  };
}

/** A password that was set before there was SCRAM is known now. */
async function keepScramKeys(db: Database, { tenant, user }: Account, password: string): Promise<void> {
  await db
    .updateTable('users')
    .set({ scram: encodeScramKeys(await makeScramKeys(password)) })
    .where('tenant_id', '=', tenant)
    .where('id', '=', user)
    .where('scram', 'is', null)
    .execute()
    .catch(rethrow);
}

const rethrow = (error: unknown): never => {
  throw asPamojaError(error);
};

type AccountRow = NonNullable<Awaited<ReturnType<typeof accountRow>>>;

/** One query finds the tenant of a login. */
async function accountRow(db: Database, login: string) {
  return db
    .selectFrom('users')
    .innerJoin('tenants', 'tenants.id', 'users.tenant_id')
    .innerJoin('stores', (join) =>
      join.onRef('stores.tenant_id', '=', 'users.tenant_id').onRef('stores.user_id', '=', 'users.id'),
    )
    .select(['users.id', 'users.tenant_id', 'users.login', 'users.full_name', 'users.password_hash', 'users.active'])
    .select(['users.scram', 'users.session_version', 'tenants.session_version as tenant_version'])
    .select(['tenants.state', 'stores.id as store_id', 'users.features_on', 'users.features_off'])
    .select(QUOTA_COLUMNS)
    .where('users.login', '=', login)
    .executeTakeFirst()
    .catch(rethrow);
}

const words = (text: string): string[] => text.split(' ').filter(Boolean);
