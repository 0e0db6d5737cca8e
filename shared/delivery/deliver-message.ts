import { PamojaError } from '../mapi/error.ts';
import type { StoreContext } from '../store/engine/context.ts';
import type { StoreId } from '../store/engine/ids.ts';
import { NO_FLAGS } from '../store/messages/flags.ts';
import type { Outcome } from './outcome.ts';
import type { DeliveredMailbox, Delivery, DeliverySteps, MailboxPlan } from './step.ts';
import { DELIVERY_STEPS } from './steps.ts';
import { storePlanned } from './store-planned.ts';

/**
 * Plans a message for each mailbox, stores it, and runs the steps after that. Gives an outcome per recipient, in their order; a recipient is
 * `stored` only when the commit and all bodies are durable. Never throws: what could not be done now is `later`, and then nothing was kept.
 */
export async function deliverMessage(
  context: StoreContext,
  delivery: Delivery,
  onError: (error: unknown) => void,
  steps: DeliverySteps = DELIVERY_STEPS,
): Promise<Outcome[]> {
  let delivered: DeliveredMailbox[];
  let plans: readonly MailboxPlan[] = inboxPlans(delivery);
  try {
    for (const step of steps.plan) plans = await step.run(context, delivery, plans);
    delivered = await storePlanned(context, delivery, plans, onError);
  } catch (error) {
    onError(error);
    const reason = error instanceof PamojaError ? error.message : 'internal error';
    const refusals = new Map(plans.map(({ recipient, refusal }) => [recipient.store, refusal]));
    return delivery.recipients.map(({ store }) => {
      const refusal = refusals.get(store);
      return refusal ? { kind: 'refused', reason: refusal } : { kind: 'later', reason };
    });
  }
  const stored = delivered.filter(({ outcome }) => outcome.kind === 'stored');
  if (stored.length > 0) await runAfter(context, delivery, stored, steps, onError);
  const outcomes = new Map(delivered.map(({ plan, outcome }) => [plan.recipient.store, outcome]));
  return delivery.recipients.map(
    ({ store }) => outcomes.get(store) ?? { kind: 'later', reason: 'a delivery step lost the mailbox' },
  );
}

/** The plans before any step: the Inbox of each mailbox gets the message, unread. */
function inboxPlans({ recipients }: Delivery): MailboxPlan[] {
  const first = new Map<StoreId, MailboxPlan>();
  for (const recipient of recipients)
    if (!first.has(recipient.store))
      first.set(recipient.store, {
        recipient,
        folder: recipient.inbox,
        flags: NO_FLAGS,
        copies: [],
        refusal: undefined,
      });
  return [...first.values()];
}

/** The message is stored, whatever becomes of these steps: each failure is reported, and the next step runs. */
async function runAfter(
  context: StoreContext,
  delivery: Delivery,
  stored: readonly DeliveredMailbox[],
  steps: DeliverySteps,
  onError: (error: unknown) => void,
): Promise<void> {
  for (const { name, run } of steps.after) {
    try {
      await run(context, delivery, stored);
    } catch (error) {
      onError(new Error(`the delivery step "${name}" failed; the message is stored`, { cause: error }));
    }
  }
}
