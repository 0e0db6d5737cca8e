import { PamojaError } from '../../mapi/error.ts';
import type { StoreContext } from '../engine/context.ts';
import type { MessageId, StoreRef } from '../engine/ids.ts';
import { changeStore } from '../engine/store-lock.ts';
import type { MessageFacts } from '../messages/mapi-messages.ts';
import { encodeRecipients, type NewOutgoing, waitingRecipients } from './outgoing-queue.ts';

/**
 * Puts a message that is in its store already into the outgoing queue (DESIGN decision 7), under the store's lock. `bytesId`: of what was
 * checked; false where the message has other bytes by now. Throws SUBMITTED where it is queued, NOT_FOUND where it is gone.
 */
export async function addOutgoing(
  context: StoreContext,
  message: MessageFacts,
  bytesId: Buffer,
  outgoing: NewOutgoing,
): Promise<boolean> {
  return changeStore(context, message, async ({ tx }) => {
    const row = await tx
      .selectFrom('messages')
      .select(['subject', 'size', 'email_id'])
      .where('tenant_id', '=', message.tenant)
      .where('store_id', '=', message.store)
      .where('id', '=', message.id)
      .where('folder_id', '=', message.folder)
      .where('deleted', '=', 0)
      .executeTakeFirst();
    if (!row) throw new PamojaError('NOT_FOUND', 'the message is gone');
    if (await isOutgoing({ db: tx }, message)) throw new PamojaError('SUBMITTED', 'the message is on its way already');
    // The spooler sends no other bytes than those that were checked.
    if (!(row.email_id ?? message.id).equals(bytesId)) return false;
    await tx
      .insertInto('outgoing_queue')
      .values({
        tenant_id: message.tenant,
        store_id: message.store,
        id: message.id,
        sender: outgoing.sender,
        subject: row.subject,
        recipients: encodeRecipients(waitingRecipients(outgoing.recipients)),
        size: row.size,
        submitted_at: context.clock(),
        expires_at: outgoing.expiresAt,
        next_try_at: outgoing.sendAt,
        enqueued_at: null,
        claim: null,
        bytes_id: bytesId,
        folder_id: message.folder,
      })
      .execute();
    return true;
  });
}

export async function isOutgoing({ db }: Pick<StoreContext, 'db'>, message: MessageFacts): Promise<boolean> {
  const row = await db
    .selectFrom('outgoing_queue')
    .select('id')
    .where('tenant_id', '=', message.tenant)
    .where('store_id', '=', message.store)
    .where('id', '=', message.id)
    .executeTakeFirst();
  return row !== undefined;
}

/** Takes a message out of the queue. Throws UNABLE_TO_ABORT while a spooler has it. */
export async function dropOutgoing({ db, clock }: StoreContext, message: MessageFacts): Promise<void> {
  const result = await db
    .deleteFrom('outgoing_queue')
    .where('tenant_id', '=', message.tenant)
    .where('store_id', '=', message.store)
    .where('id', '=', message.id)
    .where('claimed_until', '<=', clock())
    .executeTakeFirst();
  if (Number(result.numDeletedRows) === 0) throw new PamojaError('UNABLE_TO_ABORT', 'the message is being sent');
}

/** Messages of a store that are on their way out. */
export async function outgoingIds({ db }: Pick<StoreContext, 'db'>, { tenant, store }: StoreRef): Promise<MessageId[]> {
  const rows = await db
    .selectFrom('outgoing_queue')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .execute();
  return rows.map(({ id }) => id);
}
