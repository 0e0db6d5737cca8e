import { KopanoError } from '../mapi/error.ts';
import { unlessTaken } from '../platform/unless-taken.ts';
import type { StoreContext } from './context.ts';
import type { MessageId, StoreRef } from './ids.ts';
import type { MessageFacts } from './mapi-messages.ts';
import { encodeRecipients, type NewOutgoing, waitingRecipients } from './outgoing-queue.ts';

/** Puts a message that is in its store already into the outgoing queue (DESIGN decision 7). Throws SUBMITTED where it is. `bytesId`: of what was checked. */
export async function addOutgoing(
  { db, clock }: StoreContext,
  message: MessageFacts,
  bytesId: Buffer,
  outgoing: NewOutgoing,
): Promise<void> {
  const row = await db
    .selectFrom('messages')
    .select('subject')
    .where('tenant_id', '=', message.tenant)
    .where('store_id', '=', message.store)
    .where('id', '=', message.id)
    .executeTakeFirst();
  if (await isOutgoing({ db }, message)) throw new KopanoError('SUBMITTED', 'the message is on its way already');
  await unlessTaken(
    'the message is on its way already',
    db
      .insertInto('outgoing_queue')
      .values({
        tenant_id: message.tenant,
        store_id: message.store,
        id: message.id,
        sender: outgoing.sender,
        subject: row?.subject ?? '',
        recipients: encodeRecipients(waitingRecipients(outgoing.recipients)),
        size: message.size,
        submitted_at: clock(),
        expires_at: outgoing.expiresAt,
        next_try_at: outgoing.sendAt,
        enqueued_at: null,
        claim: null,
        bytes_id: bytesId,
        folder_id: message.folder,
      })
      .execute(),
  );
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
  if (Number(result.numDeletedRows) === 0) throw new KopanoError('UNABLE_TO_ABORT', 'the message is being sent');
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
