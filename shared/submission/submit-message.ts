import { canonicalAddress, withoutDetail } from '../directory/addresses.ts';
import type { Account, Sender } from '../directory/directory.ts';
import { KopanoError } from '../mapi/error.ts';
import { mailboxesOf, parseAddressList } from '../mime/address-list.ts';
import type { Part } from '../mime/part.ts';
import type { StoreContext } from '../store/context.ts';
import { deliver } from '../store/deliver.ts';
import { FLAG } from '../store/flags.ts';
import { type MessageId, newGuid } from '../store/ids.ts';
import { type MessageSource, prepareMessage } from '../store/prepare-message.ts';

const DAY_MS = 86_400_000;

/** A message with its envelope, to be sent in the name of an account. */
export interface Submission {
  account: Account;
  sender: Sender;
  envelopeSender: string;
  recipients: readonly string[];
  source: MessageSource;
  root: Part;
  /** When to send it; milliseconds since 1970 (UTC). */
  sendAt: number;
}

/** Whether a user may send from an address: an own one, an alias, with a detail or without, or that of somebody who allows it. */
export function maySendFrom({ addresses }: Sender, address: string): boolean {
  const canonical = canonicalAddress(address);
  return addresses.has(canonical) || addresses.has(withoutDetail(canonical) ?? '');
}

/** The first address in From that the user may not send from (RFC 6409 §6.1), or undefined. Without a From there is none to allow. */
export function foreignAuthor(sender: Sender, root: Part): string | undefined {
  const authors = root.fields
    .filter(({ name }) => name === 'from')
    .flatMap(({ value }) => mailboxesOf(parseAddressList(value)))
    .map(({ local, domain }) => Buffer.from(`${local}@${domain}`, 'latin1').toString('utf8'));
  if (authors.length === 0) return '';
  return authors.find((author) => !maySendFrom(sender, author));
}

/**
 * Puts a message into the user's Outbox and into the outgoing queue, in one transaction (DESIGN decision 7). When this returns, the message
 * will be sent, whatever fails after it. Throws STORE_FULL, NETWORK_ERROR or BUSY, and then nothing is kept.
 */
export async function submitMessage(context: StoreContext, submission: Submission): Promise<MessageId> {
  const { account, sender, source, root, sendAt } = submission;
  const now = context.clock();
  const id = newGuid(now);
  const prepared = await prepareMessage(context, account.tenant, source, root, now);
  const target = {
    tenant: account.tenant,
    store: account.store,
    folder: sender.outbox,
    id,
    hardQuota: sender.quota.hard,
  };
  const [outcome] = await deliver(context, prepared, [target], {
    marks: { flags: FLAG.SEEN, keywords: [] },
    outgoing: {
      sender: submission.envelopeSender,
      recipients: submission.recipients,
      sendAt,
      expiresAt: Math.max(sendAt, now) + context.options.queue_lifetime * DAY_MS,
    },
  });
  if (outcome?.kind === 'store-full') throw new KopanoError('STORE_FULL', 'the mailbox is full');
  if (outcome?.kind === 'gone') throw new KopanoError('NOT_FOUND', 'the mailbox is gone');
  return id;
}
