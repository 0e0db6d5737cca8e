import { type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import type { OutgoingTable } from '../../database/schema.ts';
import { inTransaction } from '../../database/transaction.ts';
import type { StoreContext } from '../engine/context.ts';
import {
  type FolderId,
  type MessageId,
  newGuid,
  type StoreId,
  type StoreRef,
  type TenantId,
  type Uid,
} from '../engine/ids.ts';
import { changeFolder, lockMessages } from '../messages/change-folder.ts';
import { expungeRows } from '../messages/expunge-messages.ts';

// The transactional outbox (DESIGN decision 7): a message that was submitted is in the Outbox of its store, and has a row here from
// the same transaction until it is sent or given up.

/** The state of a message for one recipient of its envelope. */
export interface OutgoingRecipient {
  address: string;
  /** `reported`: it has failed, and the sender was told. */
  state: 'waiting' | 'sent' | 'failed' | 'reported';
  /** The last reply of the server that took or refused it. */
  reply: string;
}

/** The envelope of a message that is being submitted. */
export interface NewOutgoing {
  sender: string;
  recipients: readonly string[];
  /** When to send it first, and until when to try; milliseconds since 1970 (UTC). */
  sendAt: number;
  expiresAt: number;
}

/** The store and id of a queued message. */
export interface OutgoingRef extends StoreRef {
  id: MessageId;
}

/** One submission of a message: a message that was sent can be changed and submitted again. */
export interface Submission extends OutgoingRef {
  /** Milliseconds since 1970 (UTC). */
  submittedAt: number;
}

/** Tells a submission apart from all others, and is the same for each try of it. */
export const submissionKey = ({ store, id, submittedAt }: Submission): string =>
  `${store}#${id.toString('hex')}#${submittedAt}`;

export interface OutgoingMessage extends Submission {
  sender: string;
  subject: string;
  recipients: OutgoingRecipient[];
  /** Bytes. */
  size: number;
  expiresAt: number;
  nextTryAt: number;
  tries: number;
  held: boolean;
  lastError: string;
  /** Identifies the bytes that were checked; undefined for a message that the previous version has queued. */
  bytesId: Buffer | undefined;
  /** Where it was submitted; undefined: in the Outbox. */
  folder: FolderId | undefined;
}

/** A message that one spooler has claimed, until the claim runs out. */
export interface ClaimedMessage extends OutgoingMessage {
  claim: Buffer;
  /** By the clock of the claimer; milliseconds since 1970 (UTC). */
  claimedUntil: number;
}

/** Characters of the column `last_error`. */
const MAX_ERROR = 500;

export const encodeRecipients = (recipients: readonly OutgoingRecipient[]): string => JSON.stringify(recipients);

export const waitingRecipients = (addresses: readonly string[]): OutgoingRecipient[] =>
  addresses.map((address) => ({ address, state: 'waiting', reply: '' }));

/** Tenants that have messages on their way out. */
export async function sendingTenants(db: Database): Promise<TenantId[]> {
  const rows = await db.selectFrom('outgoing_queue').select('tenant_id').distinct().execute();
  return rows.map((row) => row.tenant_id as TenantId);
}

/** A message to be enqueued in SQS, and when it is due. */
export interface DueMessage extends OutgoingRef {
  dueAt: number;
}

/**
 * Takes messages of one tenant that are due by `dueBy` and marks them as enqueued, at most `window` at any time, so that a tenant with many
 * messages leaves room for the others.
 */
export async function takeDue(
  context: StoreContext,
  tenant: TenantId,
  dueBy: number,
  window: number,
): Promise<DueMessage[]> {
  return inTransaction(context.db, async (tx) => {
    const enqueued = await tx
      .selectFrom('outgoing_queue')
      .select('id')
      .where('tenant_id', '=', tenant)
      .where('held', '=', 0)
      .where('enqueued_at', 'is not', null)
      .limit(window)
      .execute();
    if (enqueued.length >= window) return [];
    const rows = await tx
      .selectFrom('outgoing_queue')
      .select(['store_id', 'id', 'next_try_at'])
      .where('tenant_id', '=', tenant)
      .where('held', '=', 0)
      .where('enqueued_at', 'is', null)
      .where('next_try_at', '<=', dueBy)
      .orderBy('next_try_at')
      .limit(window - enqueued.length)
      .forUpdate()
      .skipLocked()
      .execute();
    return markEnqueued(tx, tenant, rows, context.clock());
  });
}

/** Takes messages that were enqueued before `enqueuedBefore` and have not been dealt with: their queue messages are lost. */
export async function takeLost(
  context: StoreContext,
  tenant: TenantId,
  enqueuedBefore: number,
  limit: number,
): Promise<DueMessage[]> {
  return inTransaction(context.db, async (tx) => {
    const rows = await tx
      .selectFrom('outgoing_queue')
      .select(['store_id', 'id', 'next_try_at'])
      .where('tenant_id', '=', tenant)
      .where('held', '=', 0)
      .where('enqueued_at', '<', enqueuedBefore)
      .where('next_try_at', '<', enqueuedBefore)
      .where('claimed_until', '<', context.clock())
      .limit(limit)
      .forUpdate()
      .skipLocked()
      .execute();
    return markEnqueued(tx, tenant, rows, context.clock());
  });
}

async function markEnqueued(
  tx: Database,
  tenant: TenantId,
  rows: readonly { store_id: number; id: Buffer; next_try_at: number }[],
  now: number,
): Promise<DueMessage[]> {
  const due = rows.map((row) => ({ tenant, store: row.store_id as StoreId, id: row.id, dueAt: row.next_try_at }));
  await writeEnqueuedAt(tx, tenant, due, now);
  return due;
}

/** Marks messages as not enqueued, since sending their queue messages failed. */
export const markNotEnqueued = (db: Database, tenant: TenantId, messages: readonly OutgoingRef[]): Promise<void> =>
  writeEnqueuedAt(db, tenant, messages, null);

async function writeEnqueuedAt(
  db: Database,
  tenant: TenantId,
  messages: readonly OutgoingRef[],
  at: number | null,
): Promise<void> {
  if (messages.length === 0) return;
  await db
    .updateTable('outgoing_queue')
    .set({ enqueued_at: at })
    .where('tenant_id', '=', tenant)
    .where('store_id', 'in', storesOf(messages))
    .where('id', 'in', idsOf(messages))
    .where(isOneOf(messages))
    .execute();
}

/** The stores and ids of messages, by which their rows are found. Two stores may have messages of one id: {@link isOneOf} tells them apart. */
const storesOf = (messages: readonly OutgoingRef[]): StoreId[] => [...new Set(messages.map(({ store }) => store))];
const idsOf = (messages: readonly OutgoingRef[]): MessageId[] => messages.map(({ id }) => id);

/** Whether a row is one of these messages: of that id in that store. */
export const isOneOf = (messages: readonly Pick<OutgoingRef, 'store' | 'id'>[]): RawBuilder<SqlBool> =>
  sql<SqlBool>`(\`store_id\`, \`id\`) IN (${sql.join(messages.map(({ store, id }) => sql`(${store}, ${id})`))})`;

/** Clocks of machines may differ by so much: a message that is due by the enqueuer's clock is due for the spooler. */
const CLOCK_SLACK_MS = 2000;

/** Claims messages of a tenant that are due and unclaimed, for `leaseMs`. */
export async function claimOutgoing(
  context: StoreContext,
  tenant: TenantId,
  messages: readonly OutgoingRef[],
  leaseMs: number,
): Promise<ClaimedMessage[]> {
  const now = context.clock();
  const claim = newGuid(now);
  const [stores, ids] = [storesOf(messages), idsOf(messages)];
  const result = await context.db
    .updateTable('outgoing_queue')
    .set({ claim, claimed_until: now + leaseMs })
    .where('tenant_id', '=', tenant)
    .where('store_id', 'in', stores)
    .where('id', 'in', ids)
    .where(isOneOf(messages))
    .where('held', '=', 0)
    .where('claimed_until', '<=', now)
    .where('next_try_at', '<=', now + CLOCK_SLACK_MS)
    .executeTakeFirst();
  if (Number(result.numUpdatedRows) === 0) return [];
  const rows = await context.db
    .selectFrom('outgoing_queue')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('store_id', 'in', stores)
    .where('id', 'in', ids)
    .where('claim', '=', claim)
    .execute();
  return rows.map((row) => ({ ...messageOf(row), claim, claimedUntil: now + leaseMs }));
}

/** Records the results of recipients at once: should the spooler end after this, the next one does not send to them again. */
export async function recordResults(
  db: Database,
  message: ClaimedMessage,
  recipients: readonly OutgoingRecipient[],
): Promise<void> {
  await db
    .updateTable('outgoing_queue')
    .set({ recipients: encodeRecipients(recipients) })
    .where('tenant_id', '=', message.tenant)
    .where('store_id', '=', message.store)
    .where('id', '=', message.id)
    .where('claim', '=', message.claim)
    .execute();
}

/** Releases a claimed message, to be tried again at a later time. */
export async function postponeOutgoing(
  db: Database,
  message: ClaimedMessage,
  nextTryAt: number,
  error: string,
): Promise<void> {
  await db
    .updateTable('outgoing_queue')
    .set({
      claim: null,
      claimed_until: 0,
      enqueued_at: null,
      next_try_at: nextTryAt,
      tries: sql<number>`\`tries\` + 1`,
      last_error: error.slice(0, MAX_ERROR),
    })
    .where('tenant_id', '=', message.tenant)
    .where('store_id', '=', message.store)
    .where('id', '=', message.id)
    .where('claim', '=', message.claim)
    .execute();
}

/** The folders of a store that sending uses. */
export interface SendingFolders {
  outbox: FolderId;
  sent: FolderId;
  inbox: FolderId;
}

/** Reads the folders of some stores of a tenant; a store that lacks one of them is not in the map. */
export async function sendingFolders(
  db: Database,
  tenant: TenantId,
  stores: readonly StoreId[],
): Promise<Map<StoreId, SendingFolders>> {
  const rows = await db
    .selectFrom('folders')
    .select(['store_id', 'role', 'id'])
    .where('tenant_id', '=', tenant)
    .where('store_id', 'in', [...new Set(stores)])
    .where('role', 'in', ['outbox', 'sent', 'inbox'])
    .where('deleted_at', '=', 0)
    .execute();
  const found = new Map<StoreId, Partial<SendingFolders>>();
  for (const { store_id, role, id } of rows)
    found.set(store_id as StoreId, { ...found.get(store_id as StoreId), [role ?? '']: id as FolderId });
  return new Map(
    [...found].flatMap(([store, { outbox, sent, inbox }]) =>
      outbox && sent && inbox ? [[store, { outbox, sent, inbox }] as const] : [],
    ),
  );
}

/** Takes messages out of the queue and leaves them where they are. */
export async function removeFromQueue(db: Database, tenant: TenantId, messages: readonly OutgoingRef[]): Promise<void> {
  if (messages.length === 0) return;
  await db
    .deleteFrom('outgoing_queue')
    .where('tenant_id', '=', tenant)
    .where('store_id', 'in', storesOf(messages))
    .where('id', 'in', idsOf(messages))
    .where(isOneOf(messages))
    .execute();
}

/** Takes a message out of the queue and soft-deletes it from the folder that it was submitted in, in one transaction. */
export async function discardOutgoing(context: StoreContext, message: OutgoingRef, folder: FolderId): Promise<void> {
  await changeFolder(context, message, folder, async (store) => {
    const { tx } = store;
    await removeFromQueue(tx, message.tenant, [message]);
    const row = await tx
      .selectFrom('messages')
      .select('uid')
      .where('tenant_id', '=', message.tenant)
      .where('store_id', '=', message.store)
      .where('id', '=', message.id)
      .where('folder_id', '=', folder)
      .where('deleted', '=', 0)
      .executeTakeFirst();
    const rows = row ? await lockMessages(tx, message, folder, [row.uid as Uid]) : [];
    return expungeRows(store, folder, rows, context.clock());
  });
}

export const messageOf = (row: Selectable<OutgoingTable>): OutgoingMessage => ({
  tenant: row.tenant_id as TenantId,
  store: row.store_id as StoreId,
  id: row.id,
  sender: row.sender,
  subject: row.subject,
  recipients: JSON.parse(row.recipients) as OutgoingRecipient[],
  size: row.size,
  submittedAt: row.submitted_at,
  expiresAt: row.expires_at,
  nextTryAt: row.next_try_at,
  tries: row.tries,
  held: row.held === 1,
  lastError: row.last_error,
  bytesId: row.bytes_id ?? undefined,
  folder: (row.folder_id ?? undefined) as FolderId | undefined,
});
