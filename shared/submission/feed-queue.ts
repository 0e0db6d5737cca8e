import type { StoreContext } from '../store/engine/context.ts';
import type { TenantId } from '../store/engine/ids.ts';
import { type DueMessage, notTold, takeDue } from '../store/outgoing/outgoing-queue.ts';
import type { Notices } from './notices.ts';

/** What is due within this time is told to SQS now, which delays it to the second; what is due later waits for the sweeper, which comes every minute. */
const HORIZON_MS = 90_000;

/** Tells the queue of a tenant's messages that are due, as far as its window has room. Returns how many. */
export async function feedQueue(context: StoreContext, notices: Notices, tenant: TenantId): Promise<number> {
  const due = await takeDue(context, tenant, context.clock() + HORIZON_MS, context.options.queue_window);
  return tell(context, notices, tenant, due);
}

/** Tells the queue of messages that were taken for that; those that it could not be told of are given back. Returns how many it was told of. */
export async function tell(
  { db }: StoreContext,
  notices: Notices,
  tenant: TenantId,
  messages: readonly DueMessage[],
): Promise<number> {
  const failed = await notices.send(messages);
  await notTold(db, tenant, failed);
  return messages.length - failed.length;
}

/** Feeds the queue in the background; submissions of one tenant that come while it is being fed share the next round. */
export class QueueFeeder {
  private readonly context: StoreContext;
  private readonly notices: Notices;
  private readonly onError: (error: unknown) => void;
  private readonly running = new Map<TenantId, { again: boolean; done: Promise<void> }>();

  constructor(context: StoreContext, notices: Notices, onError: (error: unknown) => void) {
    this.context = context;
    this.notices = notices;
    this.onError = onError;
  }

  /** Never throws and never waits: the rows are durable, and the sweeper finds what this misses. */
  wake(tenant: TenantId): void {
    const running = this.running.get(tenant);
    if (running) running.again = true;
    else {
      const state = { again: true, done: Promise.resolve() };
      this.running.set(tenant, state);
      state.done = this.run(tenant, state);
    }
  }

  /** Waits until all that was begun is done. */
  async settle(): Promise<void> {
    await Promise.all([...this.running.values()].map(({ done }) => done));
  }

  private async run(tenant: TenantId, state: { again: boolean }): Promise<void> {
    try {
      while (state.again) {
        state.again = false;
        await feedQueue(this.context, this.notices, tenant);
      }
    } catch (error) {
      this.onError(error);
    } finally {
      this.running.delete(tenant);
    }
  }
}
