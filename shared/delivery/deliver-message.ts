import type { Recipient } from '../directory/sources/directory.ts';
import { PamojaError } from '../mapi/error.ts';
import type { StoreContext } from '../store/engine/context.ts';
import type { Outcome } from './outcome.ts';
import { type Delivery, STEPS } from './steps.ts';

/**
 * Takes a message through the steps and gives an outcome per recipient, in their order. A recipient is `stored` only when
 * the commit and all bodies are durable. Never throws: what could not be done now is `later`, and then nothing was kept.
 */
export async function deliverMessage(
  context: StoreContext,
  delivery: Delivery,
  onError: (error: unknown) => void,
): Promise<Outcome[]> {
  const outcomes = new Map<Recipient, Outcome>();
  try {
    for (const step of STEPS) {
      const undecided = delivery.recipients.filter((recipient) => !outcomes.has(recipient));
      if (undecided.length === 0) break;
      for (const [recipient, outcome] of await step.run(context, delivery, undecided)) outcomes.set(recipient, outcome);
    }
  } catch (error) {
    onError(error);
    const reason = error instanceof PamojaError ? error.message : 'internal error';
    for (const recipient of delivery.recipients)
      if (!outcomes.has(recipient)) outcomes.set(recipient, { kind: 'later', reason });
  }
  return delivery.recipients.map(
    (recipient) => outcomes.get(recipient) ?? { kind: 'later', reason: 'no step decided' },
  );
}
