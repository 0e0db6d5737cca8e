import { requireMayAdminister } from '../../../shared/access/may-administer.ts';
import { inTransaction } from '../../../shared/database/transaction.ts';
import { mailboxOf } from '../../../shared/directory/entries/mailbox-of.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { FolderId, MessageId } from '../../../shared/store/engine/ids.ts';
import { deleteOutgoing, listOutgoing, retryOutgoing } from '../../../shared/store/outgoing/outgoing-admin.ts';
import type { OutgoingMessage } from '../../../shared/store/outgoing/outgoing-queue.ts';
import {
  listDeletedFolders,
  listDeletedMessages,
  restoreFolder,
  restoreMessages,
} from '../../../shared/store/trees/deleted-items.ts';
import { administratorOf } from '../caller.ts';
import {
  change,
  PAGE,
  page,
  scopedLogin,
  type TenantsRoute,
  type TenantsScope,
  withBody,
  withoutBody,
} from '../route.ts';
import * as schemas from '../schemas.ts';

/** Outgoing mail, and deleted mail that can be restored. */
export const mailRoutes: readonly TenantsRoute[] = [
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/queue',
    query: schemas.afterMessage,
    summary: 'Lists outgoing messages, oldest first',
    audience: 'tenant',
    status: 200,
    answer: schemas.pageOf(schemas.queuedMessage),
    async run({ context, tenant, query }) {
      const messages = await listOutgoing(context.db, tenant.id, messageId(query.after ?? ''), PAGE);
      return page(messages.map(describeQueued), (message) => message.id);
    },
  }),
  withoutBody({
    method: 'POST',
    path: '/v1/tenants/{tenant}/queue/{id}/retry',
    summary: 'Retries a message within the next minute, also a held one',
    audience: 'tenant',
    status: 204,
    answer: undefined,
    run: (call) =>
      change(call, 'queue.retry', call.path.id ?? '', (tx) =>
        retryOutgoing(tx, call.tenant.id, messageId(call.path.id ?? ''), call.context.clock()),
      ),
  }),
  withoutBody({
    method: 'DELETE',
    path: '/v1/tenants/{tenant}/queue/{id}',
    summary: 'Removes a message from the queue, unsent; it can be restored for the soft-delete lifetime',
    audience: 'tenant',
    status: 204,
    answer: undefined,
    async run(call) {
      await deleteOutgoing(call.context, call.tenant.id, messageId(call.path.id ?? ''));
      await change(call, 'queue.delete', call.path.id ?? '', async () => {});
    },
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/users/{login}/deleted',
    query: schemas.afterMessage,
    summary: 'Lists the deleted folders and messages of a user that can be restored',
    audience: 'domain',
    status: 200,
    answer: schemas.deletedItems,
    async run(call) {
      const { context, tenant, path, query, caller } = call;
      const name = scopedLogin(caller, path);
      await requireMayOpen(call, name);
      const { ref } = await mailboxOf(context, tenant.id, name);
      const messages = await listDeletedMessages(context.db, ref, messageId(query.after ?? ''), PAGE);
      const items = messages.map((message) => ({ ...message, id: message.id.toString('hex') }));
      return { ...page(items, (message) => message.id), folders: await listDeletedFolders(context.db, ref) };
    },
  }),
  withBody({
    method: 'POST',
    path: '/v1/tenants/{tenant}/users/{login}/deleted/restore',
    summary: 'Restores deleted messages and folders',
    audience: 'domain',
    body: schemas.restoration,
    status: 200,
    answer: schemas.restored,
    async run(call) {
      const name = scopedLogin(call.caller, call.path);
      await requireMayOpen(call, name);
      const { ref, hardQuota } = await mailboxOf(call.context, call.tenant.id, name);
      const messages = await restoreMessages(call.context, ref, call.body.messages.map(messageId), hardQuota);
      const folders: string[] = [];
      for (const folder of call.body.folders)
        folders.push(await restoreFolder(call.context, ref, folder as FolderId, hardQuota));
      await change(call, 'user.restore', name, async () => {});
      return { messages, folders };
    },
  }),
];

/** Throws NO_ACCESS for the mailbox of a user with more rights than the caller. */
const requireMayOpen = ({ context, caller, tenant }: TenantsScope, login: string): Promise<void> =>
  inTransaction(context.db, (tx) => requireMayAdminister(tx, administratorOf(caller), tenant.id, { login }));

const describeQueued = (message: OutgoingMessage) => ({
  id: message.id.toString('hex'),
  sender: message.sender,
  subject: message.subject,
  recipients: message.recipients,
  size: message.size,
  submittedAt: message.submittedAt,
  nextTryAt: message.nextTryAt,
  expiresAt: message.expiresAt,
  tries: message.tries,
  held: message.held,
  lastError: message.lastError,
});

/** Parses the id of a message. Throws NOT_FOUND for another text. */
function messageId(text: string): MessageId {
  if (!/^([0-9a-f]{32})?$/.test(text)) throw new PamojaError('NOT_FOUND', 'no such message');
  return Buffer.from(text, 'hex');
}
