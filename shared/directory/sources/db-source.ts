import type { Database } from '../../database/database.ts';
import { asPamojaError } from '../../database/transaction.ts';
import { batchedLookup } from '../../platform/batched-lookup.ts';
import type { Options } from '../../platform/options.ts';
import { accountOf, accountRow } from './account-row.ts';
import type { DirectorySource } from './directory-source.ts';
import { resolveRecipients } from './recipients.ts';
import { findSender } from './sender.ts';

/** The directory whose entries are rows of our own database (manual 5.1.2, the DB plugin). */
export const dbSource = (db: Database, options: Options): DirectorySource => ({
  resolve: batchedLookup((addresses) => resolveRecipients(db, options, addresses).catch(rethrow)),
  account: async (login) => accountOf(await accountRow(db, login), options),
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
});

const rethrow = (error: unknown): never => {
  throw asPamojaError(error);
};
