import { Command } from 'commander';
import { storeName } from '../../shared/directory/login/login-name.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import { silentLog } from '../../shared/platform/log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import { makePublicStore } from './admin/companies.ts';
import { storeList } from './admin/output.ts';
import { AdminSession } from './admin/session.ts';
import * as stores from './admin/stores.ts';
import { useStackEnvironment } from './environment.ts';

// kopano-storeadm with the option names of Kopano's own command: stores independent of their users.

interface StoreOptions {
  data: string;
  json?: boolean;
  A?: string;
  C?: boolean;
  D?: boolean;
  M?: boolean;
  O?: boolean;
  P?: boolean;
  R?: string;
  k?: string;
  l?: string;
  n?: string;
}

const command = new Command()
  .name('kopano-storeadm')
  .description('Manages stores: lists, makes, attaches, detaches and removes them.')
  .option('-M', 'list all stores with their users')
  .option('-O', 'list stores without users, and users without stores')
  .option('-A <guid>', 'attach an orphaned store to the user given by -n')
  .option('-C', 'create a store for the user given by -n')
  .option('-D', 'detach the store of the user given by -n; it becomes an orphan')
  .option('-P', 'create the public store of the company given by -k')
  .option('-R <guid>', 'remove an orphaned store after the soft-delete lifetime')
  .option('-n <user>', 'the user')
  .option('-k <company>', 'the company')
  .option('-l <locale>', 'language of the folders of a new store')
  .option('--data <folder>', 'data folder of the local stack', '.local')
  .option('--json', 'print JSON');
const options = command.parse().opts<StoreOptions>();

useStackEnvironment(options.data);
const context = await composeStore(silentLog);
const session = new AdminSession(context, 'kopano-storeadm', { ...options, company: options.k });
try {
  await execute();
} catch (error) {
  console.error(PamojaError.is(error) ? `kopano-storeadm: ${error.message}` : error);
  process.exitCode = 1;
} finally {
  await context.close();
}

async function execute(): Promise<void> {
  if (options.M) return listStores();
  if (options.O) return stores.showOrphans(session);
  if (options.A !== undefined) return stores.hook(session, options.A, options.n);
  if (options.C) return stores.create(session, givenUser(), options.l);
  if (options.D) return stores.unhook(session, givenUser());
  if (options.P) return makePublicStore(session, { ...options, lang: options.l });
  if (options.R !== undefined) return stores.remove(session, options.R);
  command.help();
}

function givenUser(): string {
  if (options.n === undefined) throw new PamojaError('INVALID_PARAMETER', 'say the user with -n');
  return options.n;
}

async function listStores(): Promise<void> {
  for (const tenant of await session.chosenTenants()) {
    const rows = await session.db
      .selectFrom('stores')
      .leftJoin('users', (join) =>
        join.onRef('users.tenant_id', '=', 'stores.tenant_id').onRef('users.id', '=', 'stores.user_id'),
      )
      .select(['stores.guid', 'stores.kind', 'stores.size', 'stores.message_count', 'users.login', 'users.full_name'])
      .where('stores.tenant_id', '=', tenant.id)
      .orderBy('stores.id')
      .execute();
    const { storename_format: format } = context.options;
    const list = rows.map((row) => ({
      guid: row.guid.toString('hex'),
      kind: row.kind,
      user: row.login ?? '',
      name:
        row.login === null ? '' : storeName(format, { login: row.login, fullName: row.full_name ?? '' }, tenant.name),
      messages: row.message_count,
      size: row.size,
    }));
    session.show({ company: tenant.name, stores: list }, () => storeList(tenant.name, list));
  }
}
