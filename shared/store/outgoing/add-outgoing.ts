import type { Database } from '../../database/database.ts';
import { StatementCache } from '../../database/statement-cache.ts';
import { PamojaError } from '../../mapi/error.ts';
import { column } from '../content/message-row.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, MessageId, StoreRef } from '../engine/ids.ts';
import { changeStore } from '../engine/store-lock.ts';
import type { CompanionStatement } from '../messages/delivery-item.ts';
import type { MessageFacts } from '../messages/message-facts.ts';
import { encodeRecipients, type NewOutgoing, type OutgoingRef, waitingRecipients } from './outgoing-queue.ts';

/**
 * Puts a message that is in its store already into the outgoing queue (DESIGN decision 7), under the store's lock. `bytesId` identifies the bytes
 * that were checked; gives false where the message has other bytes by now. Throws SUBMITTED where it is queued, NOT_FOUND where it is gone.
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
    await requireUnqueued(tx, message);
    // The spooler sends no other bytes than those that were checked.
    if (!(row.email_id ?? message.id).equals(bytesId)) return false;
    const { subject, size } = row;
    await insertRow(tx, message, { subject, size, bytesId, now: context.clock() }, outgoing).execute();
    return true;
  });
}

/**
 * Makes the row of the outgoing queue in the transaction that stores the message (`deliver`), whose only target is an Outbox: the message is in the
 * queue exactly when it was stored.
 */
export const outgoingRow =
  (outgoing: NewOutgoing): CompanionStatement =>
  (tx, { message, target, now }) => {
    const { size, properties } = message;
    return insertRow(tx, target, { subject: column(properties.subject), size, bytesId: target.id, now }, outgoing);
  };

const insertText = new StatementCache();

/** The statement that inserts a message into the queue. `bytesId`: of the bytes that were checked. */
function insertRow(
  tx: Database,
  message: OutgoingRef & { folder: FolderId },
  { subject, size, bytesId, now }: { subject: string; size: number; bytesId: Buffer; now: number },
  { sender, recipients, sendAt, expiresAt }: NewOutgoing,
) {
  const row = {
    tenant_id: message.tenant,
    store_id: message.store,
    id: message.id,
    sender,
    subject,
    recipients: encodeRecipients(waitingRecipients(recipients)),
    size,
    submitted_at: now,
    expires_at: expiresAt,
    next_try_at: sendAt,
    enqueued_at: null,
    claim: null,
    bytes_id: bytesId,
    folder_id: message.folder,
  };
  return insertText.of(tx, '', Object.values(row), () => tx.insertInto('outgoing_queue').values(row));
}

/** Throws SUBMITTED for a message that is in the queue: it goes out as it was checked, and is not changed before. */
export async function requireUnqueued(tx: Database, message: MessageFacts): Promise<void> {
  if (await isOutgoing({ db: tx }, message))
    throw new PamojaError('SUBMITTED', 'the message is in the outgoing queue already');
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
