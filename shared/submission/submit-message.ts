import type { Account, Sender } from '../directory/sources/directory-source.ts';
import { PamojaError } from '../mapi/error.ts';
import type { MessageSource } from '../mime/message-source.ts';
import type { Part } from '../mime/part.ts';
import { prepareMessage } from '../store/content/prepare-message.ts';
import type { StoreContext } from '../store/engine/context.ts';
import { type MessageId, newGuid } from '../store/engine/ids.ts';
import { deliver } from '../store/messages/deliver.ts';
import { FLAG } from '../store/messages/flags.ts';
import type { MessageContent, StoredContent } from '../store/messages/message-content.ts';
import type { MessageFacts } from '../store/messages/message-facts.ts';
import { addOutgoing, outgoingRow } from '../store/outgoing/add-outgoing.ts';
import type { CheckedEnvelope } from './check-outgoing.ts';

const DAY_MS = 86_400_000;

/** A message with its envelope, to be sent in the name of an account. */
export interface MessageToSubmit {
  account: Account;
  sender: Sender;
  envelope: CheckedEnvelope;
  source: MessageSource;
  root: Part;
  /** When to send it; milliseconds since 1970 (UTC). */
  sendAt: number;
}

/** The content of a message that is not stored yet, for the check before it is. */
export const contentOfSource = (source: MessageSource, root: Part): MessageContent => ({
  size: source.size,
  root,
  read: ({ start, end }) => source.read(start, end),
});

/**
 * Puts a message into the user's Outbox and into the outgoing queue, in one transaction (DESIGN decision 7). When this returns, the message
 * will be sent, whatever fails after it. Throws STORE_FULL, NETWORK_ERROR or BUSY, and then nothing is kept.
 */
export async function submitMessage(context: StoreContext, submission: MessageToSubmit): Promise<MessageId> {
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
    flags: { flags: FLAG.SEEN, keywords: [] },
    companion: outgoingRow({ ...submission.envelope, sendAt, expiresAt: expiryOf(context, sendAt) }),
  });
  if (outcome?.kind === 'store-full') throw new PamojaError('STORE_FULL', 'the mailbox is full');
  if (outcome?.kind === 'gone') throw new PamojaError('NOT_FOUND', 'the mailbox is gone');
  return id;
}

/**
 * Submits a message that its user has saved in a folder, with the content that was checked. Gives false when its content has changed since.
 * Throws SUBMITTED for a message that is already queued.
 */
export async function submitSaved(
  context: StoreContext,
  message: MessageFacts,
  { bytesId }: StoredContent,
  envelope: CheckedEnvelope,
): Promise<boolean> {
  const sendAt = context.clock();
  return addOutgoing(context, message, bytesId, { ...envelope, sendAt, expiresAt: expiryOf(context, sendAt) });
}

const expiryOf = ({ clock, options }: StoreContext, sendAt: number): number =>
  Math.max(sendAt, clock()) + options.queue_lifetime * DAY_MS;
