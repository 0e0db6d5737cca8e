import type { StoreContext } from '../store/engine/context.ts';
import { releaseExpired } from '../store/outgoing/outgoing-admin.ts';
import { sendingTenants, takeLost } from '../store/outgoing/outgoing-queue.ts';
import { enqueue, enqueueDue } from './enqueue-due.ts';
import type { SpoolerQueue } from './spooler-queue.ts';

/** Lost messages of one tenant that are enqueued again in one batch. */
const LOST_BATCH = 1000;

export interface SweepReport {
  /** Messages that were enqueued for the first time, and again. */
  enqueued: number;
  enqueuedAgain: number;
}

/**
 * Finds messages that are due and not in the spooler queue: those whose time has come, those whose queue message was lost, and those whose
 * spooler died. A message that was enqueued is left alone for `queue_resend_after`.
 */
export async function sweepOutgoing(
  context: StoreContext,
  queue: SpoolerQueue,
  timeLeft: () => boolean,
): Promise<SweepReport> {
  const report: SweepReport = { enqueued: 0, enqueuedAgain: 0 };
  for (const tenant of await sendingTenants(context.db)) {
    if (!timeLeft()) break;
    await releaseExpired(context.db, tenant, context.clock());
    const enqueuedBefore = context.clock() - context.options.queue_resend_after * 1000;
    const lost = await takeLost(context, tenant, enqueuedBefore, LOST_BATCH);
    report.enqueuedAgain += await enqueue(context, queue, tenant, lost);
    report.enqueued += await enqueueDue(context, queue, tenant);
  }
  return report;
}
