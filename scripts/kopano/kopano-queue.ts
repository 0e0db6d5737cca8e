import { Command } from 'commander';
import { PamojaError } from '../../shared/mapi/error.ts';
import { silentLog } from '../../shared/platform/log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import type { TenantId } from '../../shared/store/engine/ids.ts';
import { deleteOutgoing, listOutgoing, retryOutgoing } from '../../shared/store/outgoing/outgoing-admin.ts';
import type { OutgoingMessage } from '../../shared/store/outgoing/outgoing-queue.ts';
import { queueList } from './admin/output.ts';
import { AdminSession, allById, PAGE } from './admin/session.ts';
import { useStackEnvironment } from './environment.ts';

interface QueueOptions {
  data: string;
  json?: boolean;
  company?: string;
  list?: boolean;
  retry?: string;
  delete?: string;
}

const command = new Command()
  .name('kopano-queue')
  .description('Shows mail on its way out; has it tried again, or takes it out of the queue.')
  .option('-l, --list', 'list messages with their recipients and the last answer of each')
  .option('--retry <id>', 'have a message tried again within the next minute; `all`: each of the company')
  .option('--delete <id>', 'take a message out of the queue, unsent; it can be restored')
  .option('-I, --company <name>', 'the company; without it all of them')
  .option('--data <folder>', 'data folder of the local stack', '.local')
  .option('--json', 'print JSON');
const options = command.parse().opts<QueueOptions>();

useStackEnvironment(options.data);
const context = await composeStore(silentLog);
const session = new AdminSession(context, 'kopano-queue', options);
try {
  await execute();
} catch (error) {
  console.error(PamojaError.is(error) ? `kopano-queue: ${error.message}` : error);
  process.exitCode = 1;
} finally {
  await context.close();
}

async function execute(): Promise<void> {
  if (options.list) return list();
  if (options.retry !== undefined) return retry(options.retry);
  if (options.delete !== undefined) return remove(options.delete);
  command.help();
}

async function list(): Promise<void> {
  for (const tenant of await session.chosenTenants()) {
    const messages = await queueOf(tenant.id);
    const shown = messages.map(({ id, store, tenant: _, ...message }) => ({ id: id.toString('hex'), ...message }));
    session.show({ company: tenant.name, messages: shown }, () => queueList(tenant.name, messages));
  }
}

async function retry(id: string): Promise<void> {
  if (id === 'all') {
    const tenant = await session.givenTenant();
    const messages = await queueOf(tenant.id);
    for (const message of messages) await retryOne(tenant.id, message.id);
    return session.say(`${messages.length} messages will be tried again.`);
  }
  const { tenant, message } = await find(id);
  await retryOne(tenant, message.id);
  session.say(`Message '${id}' will be tried again.`);
}

function retryOne(tenant: TenantId, id: Buffer): Promise<void> {
  return session.change(tenant, 'queue.retry', id.toString('hex'), (tx) =>
    retryOutgoing(tx, tenant, id, context.clock()),
  );
}

async function remove(id: string): Promise<void> {
  const { tenant, message } = await find(id);
  await deleteOutgoing(context, tenant, message.id);
  await session.change(tenant, 'queue.delete', id, async () => {});
  session.say(`Message '${id}' was taken out of the queue.`);
}

async function find(id: string): Promise<{ tenant: TenantId; message: OutgoingMessage }> {
  for (const tenant of await session.chosenTenants()) {
    const message = (await queueOf(tenant.id)).find((entry) => entry.id.toString('hex') === id.toLowerCase());
    if (message) return { tenant: tenant.id, message };
  }
  throw new PamojaError('NOT_FOUND', 'no such message in the queue');
}

function queueOf(tenant: TenantId): Promise<OutgoingMessage[]> {
  return allById((after) => listOutgoing(context.db, tenant, after, PAGE));
}
