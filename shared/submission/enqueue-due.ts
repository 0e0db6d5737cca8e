import type { StoreContext } from '../store/engine/context.ts';
import type { TenantId } from '../store/engine/ids.ts';
import { type DueMessage, markNotEnqueued, takeDue } from '../store/outgoing/outgoing-queue.ts';
import type { SpoolerQueue } from './spooler-queue.ts';

/** Messages that are due within this time are enqueued now, since SQS delays them to the second; later ones wait for the sweeper, which runs every minute. */
const HORIZON_MS = 90_000;

/** Enqueues a tenant's messages that are due, as far as the tenant's window has room. Returns how many. */
export async function enqueueDue(context: StoreContext, queue: SpoolerQueue, tenant: TenantId): Promise<number> {
  const due = await takeDue(context, tenant, context.clock() + HORIZON_MS, context.options.queue_window);
  return enqueue(context, queue, tenant, due);
}

/** Enqueues messages that were taken for that, and gives back those that SQS refused. Returns how many were enqueued. */
export async function enqueue(
  { db }: StoreContext,
  queue: SpoolerQueue,
  tenant: TenantId,
  messages: readonly DueMessage[],
): Promise<number> {
  const failed = await queue.send(messages);
  await markNotEnqueued(db, tenant, failed);
  return messages.length - failed.length;
}

/** Enqueues due messages in the background; submissions of one tenant during a round share the next one. */
export class DueEnqueuer {
  private readonly context: StoreContext;
  private readonly queue: SpoolerQueue;
  private readonly onError: (error: unknown) => void;
  private readonly running = new Map<TenantId, { again: boolean; done: Promise<void> }>();

  constructor(context: StoreContext, queue: SpoolerQueue, onError: (error: unknown) => void) {
    this.context = context;
    this.queue = queue;
    this.onError = onError;
  }

  /** Never throws and never waits: the rows are durable, and the sweeper finds the messages that this misses. */
  wake(tenant: TenantId): void {
    const running = this.running.get(tenant);
    if (running) running.again = true;
    else {
      const state = { again: true, done: Promise.resolve() };
      this.running.set(tenant, state);
      state.done = this.run(tenant, state);
    }
  }

  /** Waits until all rounds that have begun are over. */
  async settle(): Promise<void> {
    await Promise.all([...this.running.values()].map(({ done }) => done));
  }

  private async run(tenant: TenantId, state: { again: boolean }): Promise<void> {
    try {
      while (state.again) {
        state.again = false;
        await enqueueDue(this.context, this.queue, tenant);
      }
    } catch (error) {
      this.onError(error);
    } finally {
      this.running.delete(tenant);
    }
  }
}
