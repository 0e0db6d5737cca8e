import { createHash } from 'node:crypto';
import { canonicalAddress, domainOf } from '../directory/addresses.ts';
import { type DkimKey, findDkimKey } from '../directory/dkim-keys.ts';
import { mailboxesOf, parseAddressList } from '../mime/address-list.ts';
import { firstField } from '../mime/header-fields.ts';
import { scanMessage } from '../mime/scanner.ts';
import type { Log } from '../platform/log.ts';
import { inTransaction } from '../platform/transaction.ts';
import type { StoreContext } from '../store/context.ts';
import { deliver } from '../store/deliver.ts';
import { finishSent } from '../store/finish-sent.ts';
import type { FolderId, StoreId, TenantId } from '../store/ids.ts';
import { type MessageContent, openContentsById, readHeader } from '../store/messages.ts';
import {
  type Aftermath,
  type ClaimedMessage,
  claimOutgoing,
  finishOutgoing,
  type OutgoingRecipient,
  type OutgoingRef,
  putOff,
  recordResults,
  type SendingFolders,
  sendingFolders,
} from '../store/outgoing-queue.ts';
import { bytesSource, prepareMessage } from '../store/prepare-message.ts';
import { feedQueue } from './feed-queue.ts';
import type { Notices } from './notices.ts';
import { openOutgoing } from './outgoing-content.ts';
import { retryDelay } from './retry-delay.ts';
import type { SentMarks } from './sent-marks.ts';
import { resultsFor, type Transport, type TransportResult } from './transport.ts';
import { undeliverableReport } from './undeliverable.ts';

/** Delivers to mailboxes of this deployment without the relay. */
export interface LocalDelivery {
  /** Which of the addresses have a mailbox here. */
  local(addresses: readonly string[]): Promise<Set<string>>;
  deliver(
    message: ClaimedMessage,
    addresses: readonly string[],
    open: () => AsyncIterable<Buffer>,
  ): Promise<TransportResult[]>;
}

export interface SpoolerContext {
  store: StoreContext;
  transport: Transport;
  marks: SentMarks;
  notices: Notices;
  /** Undefined: everything goes over the relay. */
  localDelivery: LocalDelivery | undefined;
  hostname: string;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
}

/** What the messages of one round share. */
interface Round {
  /** Of each store; one that is not in it has been taken away. */
  folders: ReadonlyMap<StoreId, SendingFolders>;
  /** Addresses that have got each message, by the marks. */
  sent: ReadonlyMap<OutgoingRef, ReadonlySet<string>>;
  /** Of the messages that are still in their Outbox. */
  contents: ReadonlyMap<ClaimedMessage, () => MessageContent>;
  keys: Map<string, Promise<DkimKey | undefined>>;
  /** What goes into the marks at the end of the round. */
  marks: Map<OutgoingRef, string[]>;
}

/** What remains to be done with a message after a try. */
interface Step {
  message: ClaimedMessage;
  aftermath: Aftermath | 'move-to-sent';
}

/**
 * Sends queued messages, those of which the queue has told. Doing it again for the same message does nothing: who has got it is
 * written down as soon as the relay has said so. What is not done now is put off, and found by the sweeper even where this process
 * ends in the middle.
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
      context.marks.read(claimed),
      isActive(context, tenant),
    ]);
    const contents = await contentsOf(store, tenant, claimed, folders);
    const round: Round = { folders, sent, contents, keys: new Map(), marks: new Map() };
    const steps: Step[] = [];
    await inParallel(claimed, store.options.max_threads, async (message) => {
      const step = active
        ? await trySafely(context, round, message)
        : await delay(context, message, 'the company is suspended');
      if (step) steps.push(step);
    });
    // Before the rows go: where they come back, from a backup of the database, nothing is sent again.
    await context.marks
      .write(round.marks)
      .catch((error: unknown) => context.log.warn({ error }, 'sent marks could not be written'));
    await finish(context, tenant, round, steps);
  }
  await feedQueue(store, context.notices, tenant);
}

async function contentsOf(
  store: StoreContext,
  tenant: TenantId,
  messages: readonly ClaimedMessage[],
  folders: ReadonlyMap<StoreId, SendingFolders>,
): Promise<Map<ClaimedMessage, () => MessageContent>> {
  const places = messages.flatMap((message) => {
    const own = folders.get(message.store);
    return own ? [{ message, store: message.store, folder: own.outbox, id: message.id }] : [];
  });
  const found = await openContentsById(store, tenant, places);
  return new Map([...found].map(([{ message }, open]) => [message, open]));
}

async function inParallel<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}

async function isActive({ store }: SpoolerContext, tenant: TenantId): Promise<boolean> {
  const row = await store.db.selectFrom('tenants').select('state').where('id', '=', tenant).executeTakeFirst();
  return row?.state === 'active';
}

async function finish(
  { store }: SpoolerContext,
  tenant: TenantId,
  { folders }: Round,
  steps: readonly Step[],
): Promise<void> {
  const known = steps.flatMap(({ message, aftermath }) => {
    const own = folders.get(message.store);
    return own ? [{ message, aftermath, folders: own }] : [];
  });
  await finishSent(
    store,
    tenant,
    known.filter(({ aftermath }) => aftermath === 'move-to-sent'),
  );
  for (const { message, aftermath, folders: own } of known)
    if (aftermath !== 'move-to-sent') await finishOutgoing(store, message, own, [message], aftermath);
}

/** An error that nobody expected must not stop the messages beside it, nor lose the one that it befell. */
async function trySafely(context: SpoolerContext, round: Round, message: ClaimedMessage): Promise<Step | undefined> {
  try {
    return await tryMessage(context, round, message);
  } catch (error) {
    context.log.error({ error, id: message.id.toString('hex') }, 'a message could not be sent');
    return delay(context, message, 'internal error');
  }
}

async function tryMessage(context: SpoolerContext, round: Round, message: ClaimedMessage): Promise<Step | undefined> {
  const { store, log } = context;
  const folders = round.folders.get(message.store);
  const sent = round.sent.get(message);
  const before = message.recipients.map(
    (recipient): OutgoingRecipient =>
      recipient.state === 'waiting' && sent?.has(recipient.address) ? { ...recipient, state: 'sent' } : recipient,
  );
  const content = round.contents.get(message)?.();
  // Whoever deletes a message from the Outbox, or moves it away, takes it back.
  if (!folders || !content) return { message, aftermath: 'leave' };
  const recipients =
    store.clock() < message.expiresAt
      ? await send(context, round, message, before, content)
      : before.map((recipient) => expired(recipient, message, store.options.queue_lifetime));
  const reported = await report(context, message, recipients, content, folders.inbox);
  log.info(
    {
      id: message.id.toString('hex'),
      bytes: message.size,
      tries: message.tries + 1,
      ...Object.fromEntries(
        [...Map.groupBy(reported, ({ state }) => state)].map(([state, group]) => [state, group.length]),
      ),
    },
    'outgoing',
  );
  const last = reported.find(({ state }) => state === 'waiting');
  if (last) return delay(context, message, last.reply);
  const anySent = reported.some(({ state }) => state === 'sent');
  if (!anySent) return { message, aftermath: 'leave' };
  return { message, aftermath: store.options.submission_save_sent ? 'move-to-sent' : 'delete' };
}

/** Sends to those who wait, and writes down who has got it before anything else happens. */
async function send(
  context: SpoolerContext,
  round: Round,
  message: ClaimedMessage,
  before: readonly OutgoingRecipient[],
  content: MessageContent,
): Promise<OutgoingRecipient[]> {
  const { store, transport, localDelivery, hostname } = context;
  const waiting = before.filter(({ state }) => state === 'waiting').map(({ address }) => address);
  if (waiting.length === 0) return [...before];
  const local = (await localDelivery?.local(waiting)) ?? new Set<string>();
  const here = waiting.filter((address) => local.has(address));
  const away = waiting.filter((address) => !local.has(address));
  const key = away.length > 0 ? await signingKey(store, round, message, content) : undefined;
  const results: TransportResult[] = [];
  if (here.length > 0 && localDelivery)
    results.push(
      ...(await localDelivery.deliver(message, here, () => openOutgoing(content, message, hostname, undefined))),
    );
  if (away.length > 0) {
    const envelope = { sender: message.sender, recipients: away, size: message.size };
    results.push(
      ...(await transport
        .send(envelope, () => openOutgoing(content, message, hostname, key))
        .catch((error: unknown) => resultsFor(away, 'later', `451 4.3.0 ${error}`))),
    );
  }
  const after = apply(before, results);
  await writeDown(context, message, after);
  round.marks.set(message, sentTo(after));
  return after;
}

/**
 * From the relay's answer to this statement's leaving is the only time in which a spooler that dies has sent what nobody knows of
 * (RFC 1047).
 */
async function writeDown(
  { store, marks, log }: SpoolerContext,
  message: ClaimedMessage,
  recipients: readonly OutgoingRecipient[],
): Promise<void> {
  try {
    await recordResults(store.db, message, recipients);
  } catch (error) {
    log.warn({ error, id: message.id.toString('hex') }, 'who has got a message could not be written down at once');
    await marks.write(new Map([[message, sentTo(recipients)]])).catch(() => {});
    // The database may be away for a while; what the relay has said is not forgotten as long as this process lives.
    await inTransaction(store.db, (tx) => recordResults(tx, message, recipients), { repeatable: true });
  }
}

const sentTo = (recipients: readonly OutgoingRecipient[]): string[] =>
  recipients.filter(({ state }) => state === 'sent').map(({ address }) => address);

function apply(before: readonly OutgoingRecipient[], results: readonly TransportResult[]): OutgoingRecipient[] {
  const byAddress = new Map(results.map((result) => [result.address, result]));
  return before.map((recipient) => {
    const result = recipient.state === 'waiting' ? byAddress.get(recipient.address) : undefined;
    if (!result) return recipient;
    const state = result.outcome === 'later' ? 'waiting' : result.outcome;
    return { address: recipient.address, state, reply: result.reply.slice(0, 1000) };
  });
}

function expired(recipient: OutgoingRecipient, { tries }: ClaimedMessage, days: number): OutgoingRecipient {
  if (recipient.state !== 'waiting') return recipient;
  const last = recipient.reply === '' ? '' : `; the last answer was: ${recipient.reply}`;
  return { ...recipient, state: 'failed', reply: `554 5.4.7 given up after ${days} days and ${tries} tries${last}` };
}

/** Tells the sender of those that have failed. The report's id follows from what it says, so a second try sends no second one. */
async function report(
  context: SpoolerContext,
  message: ClaimedMessage,
  recipients: readonly OutgoingRecipient[],
  content: MessageContent,
  inbox: FolderId,
): Promise<OutgoingRecipient[]> {
  const { store, hostname } = context;
  const failed = recipients.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return [...recipients];
  const after = recipients.map(
    (recipient): OutgoingRecipient => (recipient.state === 'failed' ? { ...recipient, state: 'reported' } : recipient),
  );
  // RFC 5321 §6.1: no report goes out for a message that has no sender.
  if (message.sender !== '') {
    const now = store.clock();
    const bytes = await undeliverableReport(message, failed, { hostname, to: message.sender, now, content });
    const id = createHash('sha256')
      .update(`undeliverable ${message.id.toString('hex')} ${failed.map(({ address }) => address).join(' ')}`)
      .digest()
      .subarray(0, 16);
    const prepared = await prepareMessage(store, bytesSource(bytes), scanMessage(bytes), now);
    // No quota holds a report back: it says what was not sent.
    await deliver(
      store,
      prepared,
      [{ tenant: message.tenant, store: message.store, folder: inbox, id, hardQuota: 0 }],
      {
        mayBeStored: true,
      },
    );
  }
  await recordResults(store.db, message, after);
  return after;
}

/** Puts a message off until its next try, or until its time is over, whichever comes first. */
async function delay({ store }: SpoolerContext, message: ClaimedMessage, error: string): Promise<undefined> {
  const now = store.clock();
  const next = now + retryDelay(message.tries, store.options, Math.random());
  await putOff(store.db, message, now < message.expiresAt ? Math.min(next, message.expiresAt) : next, error);
  return undefined;
}

/** RFC 7489 §3.1: the signature is that of the domain in From. */
async function signingKey(
  { db }: StoreContext,
  { keys }: Round,
  { tenant }: ClaimedMessage,
  content: MessageContent,
): Promise<DkimKey | undefined> {
  const [from] = mailboxesOf(parseAddressList(firstField(await readHeader(content), 'from') ?? ''));
  if (!from) return undefined;
  const domain = domainOf(canonicalAddress(`@${from.domain}`));
  const key = keys.get(domain) ?? findDkimKey(db, tenant, domain);
  keys.set(domain, key);
  return key;
}
