import { setTimeout as sleep } from 'node:timers/promises';
import { inTransaction } from '../database/transaction.ts';
import { canonicalAddress, domainOf } from '../directory/entries/addresses.ts';
import { findOwner } from '../directory/sources/sender.ts';
import { type DkimKey, findDkimKey } from '../directory/tenants/dkim-keys.ts';
import { PamojaError } from '../mapi/error.ts';
import type { Author } from '../mime/author-fields.ts';
import { bytesSource } from '../mime/message-source.ts';
import { scanMessage } from '../mime/scanner.ts';
import { prepareMessage } from '../store/content/prepare-message.ts';
import type { StoreContext } from '../store/engine/context.ts';
import { derivedGuid, type FolderId, type StoreId } from '../store/engine/ids.ts';
import { deliver } from '../store/messages/deliver.ts';
import type { MessageContent, StoredContent } from '../store/messages/message-content.ts';
import {
  type ClaimedMessage,
  type OutgoingRecipient,
  postponeOutgoing,
  recordResults,
  type SendingFolders,
  type Submission,
  submissionKey,
} from '../store/outgoing/outgoing-queue.ts';
import { authorsIn, checkOutgoing } from './check-outgoing.ts';
import { type OutgoingContent, openOutgoing, outgoingContent } from './outgoing-content.ts';
import { retryDelay } from './retry-delay.ts';
import type { SpoolerContext } from './spooler-context.ts';
import { resultsFor, type TransportResult } from './transport.ts';
import { undeliverableReport } from './undeliverable.ts';

/** Milliseconds that the row alone may take, before the sent recipients are written too. */
const ROW_MS = 50;

/** What the messages of one round share. */
export interface Round {
  /** The folders of each store; a store that is not in the map was removed. */
  folders: ReadonlyMap<StoreId, SendingFolders>;
  /** Addresses that each message was sent to, by the sent recipients (sent-recipients.ts). */
  sent: ReadonlyMap<Submission, ReadonlySet<string>>;
  /** The content of each message that is still where it was submitted. */
  contents: ReadonlyMap<ClaimedMessage, () => StoredContent>;
  keys: Map<string, Promise<DkimKey | undefined>>;
  /** Addresses to add to the sent recipients at the end of the round. */
  newlySent: Map<Submission, string[]>;
}

/** Where a message goes once it leaves the queue: `forget` leaves it where it was submitted, or wherever its user has put it. */
export type Aftermath = 'move-to-sent' | 'discard' | 'forget';

/** What remains to be done with a message after a try. */
export interface TriedMessage {
  message: ClaimedMessage;
  aftermath: Aftermath;
}

/** Tries a message; an unexpected error puts it off, and does not stop the other messages of the round. */
export async function trySafely(
  context: SpoolerContext,
  round: Round,
  message: ClaimedMessage,
): Promise<TriedMessage | undefined> {
  try {
    return await tryMessage(context, round, message);
  } catch (error) {
    context.log.error({ error, id: message.id.toString('hex') }, 'a message could not be sent');
    return putOffMessage(context, message, 'internal error');
  }
}

async function tryMessage(
  context: SpoolerContext,
  round: Round,
  message: ClaimedMessage,
): Promise<TriedMessage | undefined> {
  const { store, log } = context;
  // A spooler that was delayed may no longer hold the claim alone: what is left of it must be enough for a try.
  if (claimLeft(store, message) <= leaseOf(store) / 2) return undefined;
  const folders = round.folders.get(message.store);
  const sent = round.sent.get(message);
  const before = message.recipients.map(
    (recipient): OutgoingRecipient =>
      recipient.state === 'waiting' && sent?.has(recipient.address) ? { ...recipient, state: 'sent' } : recipient,
  );
  const content = round.contents.get(message)?.();
  // Deleting a message that waits, or moving it to another folder, takes it back.
  if (!folders || !content) return { message, aftermath: 'forget' };
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
  if (last) return putOffMessage(context, message, last.reply);
  const anySent = reported.some(({ state }) => state === 'sent');
  if (!anySent) return { message, aftermath: 'forget' };
  return { message, aftermath: store.options.submission_save_sent ? 'move-to-sent' : 'discard' };
}

/** Milliseconds that are left of a claim. A try begins in the first half of the claim and ends before three quarters of it. */
const claimLeft = ({ clock }: StoreContext, { claimedUntil }: ClaimedMessage): number => claimedUntil - clock();

const leaseOf = ({ options }: StoreContext): number => options.queue_claim_seconds * 1000;

/** Sends to the recipients that wait, and records the results before anything else happens. */
async function send(
  context: SpoolerContext,
  round: Round,
  message: ClaimedMessage,
  before: readonly OutgoingRecipient[],
  stored: StoredContent,
): Promise<OutgoingRecipient[]> {
  const { store, transport, localDelivery, hostname } = context;
  const waiting = before.filter(({ state }) => state === 'waiting').map(({ address }) => address);
  if (waiting.length === 0) return [...before];
  const leaving = await checkedContent(store, message, stored);
  if ('refusal' in leaving) return apply(before, resultsFor(waiting, 'failed', leaving.refusal));
  const { content, author } = leaving;
  const results =
    (await localDelivery?.deliver(message, waiting, () => openOutgoing(content, message, hostname, undefined))) ?? [];
  const served = new Set(results.map(({ address }) => address));
  const remote = waiting.filter((address) => !served.has(address));
  if (remote.length > 0) {
    const key = await signingKey(store, round, message, author);
    const envelope = { sender: message.sender, recipients: remote, size: message.size };
    results.push(
      ...(await transport
        .send(
          envelope,
          () => openOutgoing(content, message, hostname, key),
          claimLeft(store, message) - leaseOf(store) / 4,
        )
        .catch((error: unknown) => resultsFor(remote, 'later', `451 4.3.0 ${error}`))),
    );
  }
  const after = apply(before, results);
  await recordSent(context, message, after);
  round.newlySent.set(message, sentTo(after));
  return after;
}

/**
 * Between the relay's reply and this statement is the only moment in which a spooler that dies has sent a message without a record
 * (RFC 1047).
 */
async function recordSent(
  { store, sentRecipients, log }: SpoolerContext,
  message: ClaimedMessage,
  recipients: readonly OutgoingRecipient[],
): Promise<void> {
  const recorded = recordResults(store.db, message, recipients).then(
    () => true,
    (error: unknown) => {
      log.warn(
        { error, id: message.id.toString('hex') },
        'the results of a message could not be recorded at once; trying again',
      );
      return false;
    },
  );
  // A slow or unreachable database must not hold the only record.
  if (!(await Promise.race([recorded, sleep(ROW_MS, false)])))
    await sentRecipients
      .write(new Map([[message, sentTo(recipients)]]))
      .catch((error: unknown) => log.warn({ error, id: message.id.toString('hex') }, 'sent recipients not written'));
  // The database may be unreachable for a while; this process keeps the relay's replies and tries again.
  if (!(await recorded))
    await inTransaction(store.db, (tx) => recordResults(tx, message, recipients), { repeatable: true });
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

/** Reports failed recipients to the sender. The report's id is derived from its content, so a second try sends no second report. */
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
    const addresses = failed.map(({ address }) => address).join(' ');
    const id = derivedGuid(`undeliverable ${submissionKey(message)} ${addresses}`);
    const prepared = await prepareMessage(store, message.tenant, bytesSource(bytes), scanMessage(bytes), now);
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
export async function putOffMessage(
  { store }: SpoolerContext,
  message: ClaimedMessage,
  error: string,
): Promise<undefined> {
  const now = store.clock();
  const next = now + retryDelay(message.tries, store.options, Math.random());
  await postponeOutgoing(store.db, message, now < message.expiresAt ? Math.min(next, message.expiresAt) : next, error);
  return undefined;
}

/**
 * The bytes that leave, and their author, from the very bytes that were checked at submission: any other message would be sent in the
 * submitter's name unchecked.
 */
async function checkedContent(
  context: StoreContext,
  message: ClaimedMessage,
  stored: StoredContent,
): Promise<{ content: OutgoingContent; author: Author } | { refusal: string }> {
  if (message.bytesId && !message.bytesId.equals(stored.bytesId))
    return { refusal: '550 5.7.1 The message was changed after it was submitted; submit it again' };
  try {
    if (!message.bytesId) await checkNow(context, message, stored);
    const content = await outgoingContent(stored);
    const [author] = authorsIn(content.header);
    if (!author) throw new Error('unreachable: a message without an author is refused');
    return { content, author };
  } catch (error) {
    if (!PamojaError.is(error, 'NO_ACCESS', 'INVALID_PARAMETER', 'TOO_BIG')) throw error;
    return { refusal: `550 5.7.1 ${error.message}` };
  }
}

/** A message that the version before has put into the queue is checked now, by what the owner of its store may send. */
async function checkNow(context: StoreContext, message: ClaimedMessage, stored: StoredContent): Promise<void> {
  const { db, options } = context;
  const sender = await findOwner(db, options, message);
  if (!sender) throw new PamojaError('NO_ACCESS', 'The owner of the mailbox may not send any more');
  const recipients = message.recipients.map(({ address }) => address);
  await checkOutgoing({ sender: message.sender, recipients }, sender, stored, options.lmtp_max_header_size);
}

/** RFC 7489 §3.1: the signature is that of the domain in the From that leaves, where that is one of the tenant's. */
async function signingKey(
  { db }: StoreContext,
  { keys }: Round,
  { tenant }: ClaimedMessage,
  { address }: Author,
): Promise<DkimKey | undefined> {
  const domain = domainOf(canonicalAddress(address));
  const key = keys.get(domain) ?? findDkimKey(db, tenant, domain);
  keys.set(domain, key);
  return key;
}
