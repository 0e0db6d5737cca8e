import { randomBytes } from 'node:crypto';
import type { Database } from '../../database/database.ts';
import { asPamojaError } from '../../database/transaction.ts';
import type { Options } from '../../platform/options.ts';
import { decodeScramKeys, encodeScramKeys, makeScramKeys, pretendedKeys } from '../../protocol/scram.ts';
import { canonicalAddress } from '../entries/addresses.ts';
import { accountOf, accountRow } from '../sources/account-row.ts';
import type { Account } from '../sources/directory-source.ts';
import type { Authenticator } from './authenticator.ts';
import type { VerifyPassword } from './password-cache.ts';
import { verifyNothing, verifyPassword } from './passwords.ts';

/** What the authenticator of the database can be given besides its defaults. */
export interface DbAuthenticatorOptions {
  verify?: VerifyPassword;
  /**
   * The SCRAM keys of unknown users are derived from this. All tasks must have the same: a client that asks two of them would see different
   * keys for unknown users only.
   */
  secret?: Buffer;
}

/** Checks passwords and SCRAM proofs against the hashes and keys of our own database (manual 5.1.2, the DB plugin). */
export const dbAuthenticator = (
  db: Database,
  options: Options,
  { verify = verifyPassword, secret = randomBytes(32) }: DbAuthenticatorOptions = {},
) =>
  ({
    async checkPassword(login, password) {
      const row = await accountRow(db, login);
      const right = row ? await verify(password, row.password_hash) : await verifyNothing(password);
      const account = right ? accountOf(row, options) : undefined;
      if (account && row?.scram === null) await storeScramKeys(db, account, password);
      return account;
    },

    async scramChallenge(login) {
      const row = await accountRow(db, login);
      const keys = row?.scram ? decodeScramKeys(row.scram) : undefined;
      return {
        keys: keys ?? pretendedKeys(secret, canonicalAddress(login)),
        account: async () => {
          const account = keys && accountOf(row, options);
          if (!account) return undefined;
          // The client may take its time to answer, and the account may have changed since its keys were read.
          const now = await accountRow(db, login);
          const unchanged =
            now?.session_version === account.version.account && now.tenant_version === account.version.tenant;
          return unchanged ? account : undefined;
        },
      };
    },
  }) satisfies Authenticator;

/** Stores the SCRAM keys of a password that was hashed before SCRAM keys were kept. */
async function storeScramKeys(db: Database, { tenant, user }: Account, password: string): Promise<void> {
  await db
    .updateTable('users')
    .set({ scram: encodeScramKeys(await makeScramKeys(password)) })
    .where('tenant_id', '=', tenant)
    .where('id', '=', user)
    .where('scram', 'is', null)
    .execute()
    .catch((error: unknown) => {
      throw asPamojaError(error);
    });
}
