import type { Recipient } from '../directory/directory.ts';
import { type DeliveryOutcome, deliver } from '../store/deliver.ts';
import { prepareMessage } from '../store/prepare-message.ts';
import { type Outcome, STORED } from './outcome.ts';
import type { Step } from './steps.ts';

/** Stores the message for all recipients in one transaction; two addresses of one mailbox get one message. */
export const storeMessage: Step = async (context, delivery, undecided) => {
  const mailboxes = [...Map.groupBy(undecided, (recipient) => recipient.store).values()];
  const message = await prepareMessage(context, delivery.source, delivery.root, context.clock());
  const targets = mailboxes.flatMap(([first]) => {
    return first
      ? [{ tenant: first.tenant, store: first.store, folder: first.inbox, id: delivery.id, hardQuota: first.hardQuota }]
      : [];
  });
  const outcomes = await deliver(context, message, targets, { mayBeStored: delivery.mayBeStored });
  return new Map(
    mailboxes.flatMap((recipients, i) =>
      recipients.map((recipient): [Recipient, Outcome] => [recipient, outcomeOf(outcomes[i])]),
    ),
  );
};

function outcomeOf(outcome: DeliveryOutcome | undefined): Outcome {
  switch (outcome?.kind) {
    case 'stored':
    case 'already-stored':
      return STORED;
    case 'store-full':
      return { kind: 'refused', reason: 'store-full' };
    case 'gone':
      return { kind: 'refused', reason: 'unknown-user' };
    case undefined:
      return { kind: 'later', reason: 'the store gave no outcome' };
  }
}
