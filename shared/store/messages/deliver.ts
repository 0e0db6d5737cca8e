import { inBatchedTransaction } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { PreparedMessage } from '../content/prepare-message.ts';
import type { StoreContext } from '../engine/context.ts';
import { deliverBatch } from './deliver-batch.ts';
import type { CompanionStatement, DeliveryItem, DeliveryOutcome, DeliveryTarget } from './delivery-item.ts';
import { type MessageFlags, NO_FLAGS } from './flags.ts';

export interface DeliverOptions {
  flags?: MessageFlags;
  /** True where the ids may have been used before: a redelivered queue message, not a fresh LMTP transaction. */
  mayBeStored?: boolean;
  /** Makes a statement that is written in the same transaction for each target that the message is stored in. */
  companion?: CompanionStatement;
}

/** Batches that run at a time: while one waits for its commit to be durable, the next is being filled. */
const RUNNING = 2;

/** The limits of one transaction. */
const MAX_MESSAGES = 64;
const MAX_BYTES = 4 * 1024 * 1024;

/** Items that are stored in one transaction or not at all. */
interface Waiting {
  items: readonly DeliveryItem[];
  resolve: (outcomes: DeliveryOutcome[][]) => void;
  reject: (error: unknown) => void;
}

/** The queue of items that wait for a transaction, one for each context. */
const queues = new WeakMap<StoreContext, { waiting: Waiting[]; running: number }>();

/**
 * Puts one message into folders of any number of stores, all of them in one transaction with one set of blobs. Messages that
 * come at the same time share a transaction, so that the price of a durable commit is paid once for all of them.
 * Gives an outcome per target, in their order. Throws NETWORK_ERROR or BUSY, and then nothing of this message is stored.
 */
export async function deliver(
  context: StoreContext,
  message: PreparedMessage,
  targets: readonly DeliveryTarget[],
  options: DeliverOptions = {},
): Promise<DeliveryOutcome[]> {
  const [outcomes = []] = await deliverVariants(context, [{ message, targets }], options);
  return outcomes;
}

/** Delivers one message of which each tenant gets a variant of its own: all variants in one transaction. Gives outcomes by variant and target. */
export function deliverVariants(
  context: StoreContext,
  variants: readonly Pick<DeliveryItem, 'message' | 'targets'>[],
  options: DeliverOptions = {},
): Promise<DeliveryOutcome[][]> {
  const queue = queues.get(context) ?? { waiting: [], running: 0 };
  queues.set(context, queue);
  const items = variants.map(
    (variant): DeliveryItem => ({
      ...variant,
      flags: options.flags ?? NO_FLAGS,
      mayBeStored: options.mayBeStored ?? false,
      companion: options.companion,
    }),
  );
  return new Promise((resolve, reject) => {
    queue.waiting.push({ items, resolve, reject });
    if (queue.running < RUNNING) void drain(context, queue);
  });
}

async function drain(context: StoreContext, queue: { waiting: Waiting[]; running: number }): Promise<void> {
  queue.running++;
  while (queue.waiting.length > 0) await runBatch(context, takeBatch(queue.waiting));
  queue.running--;
}

function takeBatch(waiting: Waiting[]): Waiting[] {
  let bytes = 0;
  let count = 0;
  for (const { items } of waiting) {
    for (const { message, targets } of items) bytes += message.content.length * targets.length;
    if (count > 0 && (bytes > MAX_BYTES || count >= MAX_MESSAGES)) break;
    count++;
  }
  return waiting.splice(0, count);
}

async function runBatch(context: StoreContext, batch: Waiting[]): Promise<void> {
  const all = batch.flatMap(({ items }) => items);
  try {
    const outcomes = await inBatchedTransaction(
      context.db,
      (transaction, attempt) => deliverBatch(transaction, context, all, attempt > 1),
      { repeatable: true },
    );
    context.signalChanges([
      ...new Set(
        all.flatMap((item, i) =>
          item.targets.filter((_, k) => outcomes[i]?.[k]?.kind === 'stored').map((target) => target.store),
        ),
      ),
    ]);
    for (const { items, resolve } of batch) resolve(outcomes.splice(0, items.length));
  } catch (error) {
    // A faulty message must not fail the others of its batch: each is tried alone. An unreachable database is so for all.
    if (batch.length === 1 || PamojaError.is(error, 'NETWORK_ERROR')) for (const { reject } of batch) reject(error);
    else
      for (const single of batch) {
        const items = single.items.map((item) => ({ ...item, mayBeStored: true }));
        await runBatch(context, [{ ...single, items }]);
      }
  }
}
