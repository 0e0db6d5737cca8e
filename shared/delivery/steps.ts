import type { Recipient } from '../directory/sources/directory.ts';
import type { Part } from '../mime/part.ts';
import type { MessageSource } from '../store/content/prepare-message.ts';
import type { StoreContext } from '../store/engine/context.ts';
import type { MessageId } from '../store/engine/ids.ts';
import type { Outcome } from './outcome.ts';
import { refuseFullStores } from './quota.ts';
import { storeMessage } from './store-message.ts';

/** One message on its way to its recipients. */
export interface Delivery {
  source: MessageSource;
  root: Part;
  recipients: readonly Recipient[];
  /** The message's id in every store that it comes to. */
  id: MessageId;
  /** True where this id may already have been stored by an earlier try. */
  mayBeStored: boolean;
}

/** Decides for recipients by giving them an outcome; those that it leaves undecided go on to the next step. */
export type Step = (
  context: StoreContext,
  delivery: Delivery,
  undecided: readonly Recipient[],
) => Promise<Map<Recipient, Outcome>>;

/** What happens to a message that was accepted, in this order. The last step decides for all that remain. */
export const STEPS: readonly { name: string; run: Step }[] = [
  { name: 'quota', run: refuseFullStores },
  { name: 'store', run: storeMessage },
];
