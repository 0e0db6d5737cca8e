import { Command } from 'commander';
import { mailboxOf } from '../../shared/directory/entries/mailbox-of.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import { silentLog } from '../../shared/platform/log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import type { FolderId, StoreRef } from '../../shared/store/engine/ids.ts';
import {
  type DeletedMessage,
  listDeletedFolders,
  listDeletedMessages,
  restoreFolder,
  restoreMessages,
} from '../../shared/store/trees/deleted-items.ts';
import { deletedList } from './admin/output.ts';
import { AdminSession, allById, PAGE } from './admin/session.ts';
import { useStackEnvironment } from './environment.ts';

// The administrator's side of "Restore deleted items" (manual 7.5 and 10.1).

interface RestoreOptions {
  data: string;
  json?: boolean;
  company?: string;
  u?: string;
  list?: boolean;
  message?: string[];
  folder?: string[];
  all?: boolean;
}

const command = new Command()
  .name('kopano-restore')
  .description('Brings back what a user has deleted, as long as it was not purged.')
  .requiredOption('-u <user>', 'the user')
  .option('-l, --list', 'list what can be had back')
  .option('--message <id...>', 'bring messages back to the folders that they were in')
  .option('--folder <number...>', 'bring folders back with what was deleted with them')
  .option('--all', 'bring everything back')
  .option('-I, --company <name>', 'the company, where the user does not say it')
  .option('--data <folder>', 'data folder of the local stack', '.local')
  .option('--json', 'print JSON');
const options = command.parse().opts<RestoreOptions>();

useStackEnvironment(options.data);
const context = await composeStore(silentLog);
const session = new AdminSession(context, 'kopano-restore', options);
try {
  await execute(options.u ?? '');
} catch (error) {
  console.error(PamojaError.is(error) ? `kopano-restore: ${error.message}` : error);
  process.exitCode = 1;
} finally {
  await context.close();
}

async function execute(login: string): Promise<void> {
  const tenant = await session.tenantOf(login);
  const { ref, hardQuota } = await mailboxOf(context, tenant, login);
  if (options.list) {
    const messages = await deletedMessages(ref);
    const folders = await listDeletedFolders(session.db, ref);
    const shown = messages.map((message) => ({ ...message, id: message.id.toString('hex') }));
    return session.show({ folders, messages: shown }, deletedList);
  }
  if (!options.all && !options.message && !options.folder) command.help();
  const folders = options.all
    ? (await listDeletedFolders(session.db, ref)).map((folder) => folder.id)
    : (options.folder ?? []).map((number) => Number(number) as FolderId);
  const names: string[] = [];
  for (const folder of folders) names.push(await restoreFolder(context, ref, folder, hardQuota));
  const ids = options.all
    ? (await deletedMessages(ref)).map((message) => message.id)
    : (options.message ?? []).map((id) => Buffer.from(id, 'hex'));
  let messages = 0;
  for (let i = 0; i < ids.length; i += PAGE)
    messages += await restoreMessages(context, ref, ids.slice(i, i + PAGE), hardQuota);
  await session.change(tenant, 'user.restore', login, async () => {});
  session.show({ folders: names, messages }, () => `Restored ${names.length} folders and ${messages} messages.`);
}

function deletedMessages(ref: StoreRef): Promise<DeletedMessage[]> {
  return allById((after) => listDeletedMessages(session.db, ref, after, PAGE));
}
