import type { Recipient } from '../directory/sources/directory-source.ts';
import type { MessageSource } from '../mime/message-source.ts';
import type { Part } from '../mime/part.ts';
import type { StoreContext } from '../store/engine/context.ts';
import type { FolderId, MessageId } from '../store/engine/ids.ts';
import type { MessageFlags } from '../store/messages/flags.ts';
import type { Outcome, Refusal } from './outcome.ts';

/** One message on its way to its recipients. */
export interface Delivery {
  source: MessageSource;
  root: Part;
  recipients: readonly Recipient[];
  /** The message's id in every store that it is delivered to. */
  id: MessageId;
  /** True where an earlier try may already have stored this id. */
  mayBeStored: boolean;
}

/** What is to happen to a message in one mailbox. Two addresses of one mailbox have one plan and get one message. */
export interface MailboxPlan {
  /** The mailbox, by the first of its addresses that the message came to. */
  recipient: Recipient;
  /** Where the message goes. If the folder is gone when the message is stored, the Inbox takes it. */
  folder: FolderId;
  /** Flags that the message has from the beginning. */
  flags: MessageFlags;
  /** Further folders of the store that get a copy. */
  copies: readonly FolderId[];
  /** Why the mailbox does not take the message: nothing is stored in it then. */
  refusal: Refusal | undefined;
}

/** Plans before anything is stored. Gives a plan for each one that it was given, in their order. Throws when the message must be tried again later. */
export type PlanStep = (
  context: StoreContext,
  delivery: Delivery,
  plans: readonly MailboxPlan[],
) => Promise<readonly MailboxPlan[]>;

/** A plan and what became of it. */
export interface DeliveredMailbox {
  plan: MailboxPlan;
  outcome: Outcome;
}

/**
 * Acts on mailboxes that have stored the message: their bytes are durable. A failure is logged and takes nothing back; after a redelivery the
 * step runs again, so it must be idempotent.
 */
export type AfterStep = (
  context: StoreContext,
  delivery: Delivery,
  stored: readonly DeliveredMailbox[],
) => Promise<void>;

export interface DeliverySteps {
  plan: readonly { name: string; run: PlanStep }[];
  after: readonly { name: string; run: AfterStep }[];
}
