import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { StoreContext } from '../engine/context.ts';
import type { MessageId, TenantId } from '../engine/ids.ts';
import {
  discardOutgoing,
  messageOf,
  type OutgoingMessage,
  type OutgoingRef,
  sendingFolders,
} from './outgoing-queue.ts';

/** Lists queued messages of a tenant after an id, by id (which sorts by time), at most `limit`. */
export async function listOutgoing(
  db: Database,
  tenant: TenantId,
  after: MessageId,
  limit: number,
): Promise<OutgoingMessage[]> {
  const rows = await db
    .selectFrom('outgoing_queue')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(messageOf);
}

/** Makes a message due now, also one that is held. Throws NOT_FOUND. */
export async function retryOutgoing(tx: Database, tenant: TenantId, id: MessageId, now: number): Promise<void> {
  const message = await findOutgoing(tx, tenant, id);
  await tx
    .updateTable('outgoing_queue')
    .set({ held: 0, next_try_at: now, enqueued_at: null })
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', message.store)
    .where('id', '=', id)
    .where('claimed_until', '<', now)
    .execute();
}

/**
 * Takes a message out of the queue, unsent, and soft-deletes it from the Outbox, from where it can be restored. Throws NOT_FOUND, and
 * BUSY while it is being sent.
 */
export async function deleteOutgoing(context: StoreContext, tenant: TenantId, id: MessageId): Promise<void> {
  const message = await findOutgoing(context.db, tenant, id);
  const now = context.clock();
  // Claimed as by a spooler, so that no spooler begins with it now.
  const result = await context.db
    .updateTable('outgoing_queue')
    .set({ held: 1, claimed_until: now + 60_000 })
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', message.store)
    .where('id', '=', id)
    .where('claimed_until', '<', now)
    .executeTakeFirst();
  if (Number(result.numUpdatedRows) !== 1) throw new PamojaError('BUSY', 'the message is being sent');
  const folders = (await sendingFolders(context.db, tenant, [message.store])).get(message.store);
  if (folders) await discardOutgoing(context, message, folders.outbox);
}

/** Tries after which a message that spoolers crash on is held. */
const MAX_CRASHES = 3;

/**
 * Deals with a message that a spooler crashed on: it is tried again after `delayMs`, since another message of the same round may be the cause; after
 * {@link MAX_CRASHES} tries it is held for an administrator. Returns whether it is held from now on.
 */
export async function afterCrash(
  db: Database,
  { tenant, store, id }: OutgoingRef,
  now: number,
  delayMs: number,
): Promise<boolean> {
  const free = {
    claim: null,
    claimed_until: 0,
    enqueued_at: null,
    last_error: 'the spooler ended in the middle of it',
  };
  const again = await db
    .updateTable('outgoing_queue')
    .set({ ...free, next_try_at: now + delayMs, tries: sql<number>`\`tries\` + 1` })
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('id', '=', id)
    .where('held', '=', 0)
    .where('tries', '<', MAX_CRASHES)
    .executeTakeFirst();
  if (Number(again.numUpdatedRows) === 1) return false;
  const held = await db
    .updateTable('outgoing_queue')
    .set({ ...free, held: 1 })
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('id', '=', id)
    .where('held', '=', 0)
    .executeTakeFirst();
  return Number(held.numUpdatedRows) === 1;
}

/** Releases held messages that have expired, so that their senders get a report. */
export async function releaseExpired(db: Database, tenant: TenantId, now: number): Promise<void> {
  await db
    .updateTable('outgoing_queue')
    .set({ held: 0, next_try_at: now })
    .where('tenant_id', '=', tenant)
    .where('held', '=', 1)
    .where('expires_at', '<', now)
    .where('claimed_until', '<', now)
    .execute();
}

async function findOutgoing(db: Database, tenant: TenantId, id: MessageId): Promise<OutgoingMessage> {
  const row = await db
    .selectFrom('outgoing_queue')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such message in the queue');
  return messageOf(row);
}
