import { prepareMessage } from '../store/content/prepare-message.ts';
import type { StoreContext } from '../store/engine/context.ts';
import { derivedGuid, type StoreId } from '../store/engine/ids.ts';
import { deliverVariants } from '../store/messages/deliver.ts';
import type { DeliveryOutcome, DeliveryTarget } from '../store/messages/delivery-item.ts';
import { type Outcome, STORED } from './outcome.ts';
import type { DeliveredMailbox, Delivery, MailboxPlan } from './step.ts';

/**
 * Stores the message as planned: in one transaction for all mailboxes. A recipient is `stored` only when the commit and all bodies are durable.
 * Throws when nothing could be stored now.
 */
export async function storePlanned(
  context: StoreContext,
  delivery: Delivery,
  plans: readonly MailboxPlan[],
  onError: (error: unknown) => void,
): Promise<DeliveredMailbox[]> {
  const outcomes = await storeAll(context, delivery, plans.filter(takes));
  // The folder of a plan may have been deleted since: the Inbox is there as long as the store is.
  const misplaced = plans.filter(
    ({ recipient, folder }) => isGone(outcomes, recipient.store) && folder !== recipient.inbox,
  );
  const again = misplaced.map((plan) => ({ ...plan, folder: plan.recipient.inbox, copies: [] }));
  try {
    for (const [store, outcome] of await storeAll(context, delivery, again)) outcomes.set(store, outcome);
  } catch (error) {
    // The other mailboxes have the message: only these are tried again later.
    onError(error);
    for (const { recipient } of again) outcomes.delete(recipient.store);
  }
  return plans.map((plan) => ({ plan, outcome: outcomeOf(plan, outcomes.get(plan.recipient.store)) }));
}

const takes = (plan: MailboxPlan): boolean => plan.refusal === undefined;

const isGone = (outcomes: ReadonlyMap<StoreId, DeliveryOutcome>, store: StoreId): boolean =>
  outcomes.get(store)?.kind === 'gone';

/** The outcome in each store, of the message itself; what becomes of a copy decides nothing. */
async function storeAll(
  context: StoreContext,
  delivery: Delivery,
  plans: readonly MailboxPlan[],
): Promise<Map<StoreId, DeliveryOutcome>> {
  const now = context.clock();
  const variants = [];
  // A tenant's attachments are its own: the message is prepared for each.
  for (const [tenant, own] of Map.groupBy(plans, ({ recipient }) => recipient.tenant)) {
    const message = await prepareMessage(context, tenant, delivery.source, delivery.root, now);
    variants.push({ message, targets: own.flatMap((plan) => targetsOf(delivery, plan)) });
  }
  if (variants.length === 0) return new Map();
  const outcomes = await deliverVariants(context, variants, { mayBeStored: delivery.mayBeStored });
  return new Map(
    variants.flatMap(({ targets }, i) =>
      targets.flatMap(({ store, id }, k) => {
        const outcome = outcomes[i]?.[k];
        return outcome && id === delivery.id ? [[store, outcome] as const] : [];
      }),
    ),
  );
}

/** The folder of the message, and those of its copies. The same copy after a redelivery has the same id. */
function targetsOf({ id }: Delivery, { recipient, folder, flags, copies }: MailboxPlan): DeliveryTarget[] {
  const { tenant, store, hardQuota } = recipient;
  const target = { tenant, store, hardQuota, flags };
  const others = [...new Set(copies)].filter((copy) => copy !== folder);
  return [
    { ...target, folder, id },
    ...others.map((copy) => ({ ...target, folder: copy, id: derivedGuid(`copy in ${copy} `, id) })),
  ];
}

function outcomeOf({ refusal }: MailboxPlan, outcome: DeliveryOutcome | undefined): Outcome {
  if (refusal) return { kind: 'refused', reason: refusal };
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
