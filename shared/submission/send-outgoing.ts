import { findTenantById } from '../directory/tenants/tenants.ts';
import type { StoreContext } from '../store/engine/context.ts';
import type { FolderId, StoreId, TenantId } from '../store/engine/ids.ts';
import { openContentsById, type StoredContent } from '../store/messages/message-content.ts';
import { finishSent } from '../store/outgoing/finish-sent.ts';
import {
  type ClaimedMessage,
  claimOutgoing,
  discardOutgoing,
  type OutgoingRef,
  removeFromQueue,
  type SendingFolders,
  sendingFolders,
} from '../store/outgoing/outgoing-queue.ts';
import { enqueueDue } from './enqueue-due.ts';
import type { SpoolerContext } from './spooler-context.ts';
import { type Aftermath, putOffMessage, type Round, type TriedMessage, trySafely } from './try-message.ts';

/**
 * Sends the messages that queue messages name. A second run for the same message sends nothing again: its results are recorded as soon as
 * the relay has replied. A message that is not sent now is put off; the sweeper finds it even if this process dies in the middle.
 */
export async function sendOutgoing(context: SpoolerContext, refs: readonly OutgoingRef[]): Promise<void> {
  for (const [tenant, group] of Map.groupBy(refs, (ref) => ref.tenant)) await sendOfTenant(context, tenant, group);
}

async function sendOfTenant(context: SpoolerContext, tenant: TenantId, refs: readonly OutgoingRef[]): Promise<void> {
  const { store } = context;
  const claimed = await claimOutgoing(store, tenant, refs, store.options.queue_claim_seconds * 1000);
  if (claimed.length > 0) {
    const stores = claimed.map((message) => message.store);
    const [folders, sent, active] = await Promise.all([
      sendingFolders(store.db, tenant, stores),
      context.sentRecipients.read(claimed),
      isActive(context, tenant),
    ]);
    const contents = await contentsOf(store, tenant, claimed, folders);
    const round: Round = { folders, sent, contents, keys: new Map(), newlySent: new Map() };
    const tried: TriedMessage[] = [];
    await inParallel(claimed, store.options.max_threads, async (message) => {
      const one = active
        ? await trySafely(context, round, message)
        : await putOffMessage(context, message, 'the tenant is suspended');
      if (one) tried.push(one);
    });
    // Before the rows are deleted: if a backup of the database brings them back, nothing is sent again.
    await context.sentRecipients
      .write(round.newlySent)
      .catch((error: unknown) => context.log.warn({ error }, 'sent recipients could not be written'));
    await finish(context, tenant, round, tried);
  }
  await enqueueDue(store, context.queue, tenant);
}

async function contentsOf(
  store: StoreContext,
  tenant: TenantId,
  messages: readonly ClaimedMessage[],
  folders: ReadonlyMap<StoreId, SendingFolders>,
): Promise<Map<ClaimedMessage, () => StoredContent>> {
  const places = messages.flatMap((message) => {
    const own = folders.get(message.store);
    return own ? [{ message, store: message.store, folder: placeOf(message, own), id: message.id }] : [];
  });
  const found = await openContentsById(store, tenant, places);
  return new Map([...found].map(([{ message }, open]) => [message, open]));
}

/** Where a message is until it is sent. */
const placeOf = ({ folder }: ClaimedMessage, { outbox }: SendingFolders): FolderId => folder ?? outbox;

async function inParallel<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  // Waits for all workers, also after a failure: nothing may run after the Lambda has returned.
  const ended = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
}

async function isActive({ store }: SpoolerContext, tenant: TenantId): Promise<boolean> {
  return (await findTenantById(store.db, tenant))?.state === 'active';
}

async function finish(
  { store }: SpoolerContext,
  tenant: TenantId,
  { folders }: Round,
  tried: readonly TriedMessage[],
): Promise<void> {
  const byAftermath = Map.groupBy(tried, ({ aftermath }) => aftermath);
  const placed = (aftermath: Aftermath) =>
    (byAftermath.get(aftermath) ?? []).flatMap(({ message }) => {
      const own = folders.get(message.store);
      return own ? [{ message, from: placeOf(message, own), folders: own }] : [];
    });
  await finishSent(store, tenant, placed('move-to-sent'));
  await removeFromQueue(
    store.db,
    tenant,
    (byAftermath.get('forget') ?? []).map(({ message }) => message),
  );
  for (const { message, from } of placed('discard')) await discardOutgoing(store, message, from);
}
