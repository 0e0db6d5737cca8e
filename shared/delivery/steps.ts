import { refuseFullStores } from './refuse-full-stores.ts';
import type { DeliverySteps } from './step.ts';

/**
 * What happens to a message that was accepted: the plan steps decide for each mailbox, in this order; then the message is stored in all
 * mailboxes in one transaction (store-planned.ts); then the steps after it run for the mailboxes that have it.
 */
export const DELIVERY_STEPS: DeliverySteps = {
  plan: [{ name: 'quota', run: refuseFullStores }],
  after: [],
};
