import type { Recipient } from '../directory/sources/directory.ts';
import { prepareMessage } from '../store/content/prepare-message.ts';
import type { MessageId } from '../store/engine/ids.ts';
import { type DeliveryOutcome, type DeliveryTarget, deliverTogether } from '../store/messages/deliver.ts';
import { type Outcome, STORED } from './outcome.ts';
import type { Step } from './steps.ts';

/** Stores the message for all recipients in one transaction; two addresses of one mailbox get one message. */
export const storeMessage: Step = async (context, delivery, undecided) => {
  const tenants = [...Map.groupBy(undecided, (recipient) => recipient.tenant)];
  const now = context.clock();
  const forms = [];
  for (const [tenant, recipients] of tenants) {
    // A tenant's attachments are its own: the message is prepared for each.
    const message = await prepareMessage(context, tenant, delivery.source, delivery.root, now);
    forms.push({ message, targets: targetsOf(recipients, delivery.id) });
  }
  const outcomes = await deliverTogether(context, forms, { mayBeStored: delivery.mayBeStored });
  const byStore = new Map(
    forms.flatMap(({ targets }, i) => targets.map(({ store }, k) => [store, outcomes[i]?.[k]] as const)),
  );
  return new Map(undecided.map((recipient) => [recipient, outcomeOf(byStore.get(recipient.store))]));
};

/** One target for each mailbox, whatever the number of its addresses. */
function targetsOf(recipients: readonly Recipient[], id: MessageId): DeliveryTarget[] {
  const mailboxes = new Map(recipients.map((recipient) => [recipient.store, recipient]));
  return [...mailboxes.values()].map(({ tenant, store, inbox, hardQuota }) => ({
    tenant,
    store,
    folder: inbox,
    id,
    hardQuota,
  }));
}

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
