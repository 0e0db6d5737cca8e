import type { StoreContext } from '../store/engine/context.ts';
import { releaseExpired } from '../store/outgoing/outgoing-admin.ts';
import { sendingTenants, takeLost } from '../store/outgoing/outgoing-queue.ts';
import { feedQueue, tell } from './feed-queue.ts';
import type { Notices } from './notices.ts';

/** Lost messages of one tenant that are told of again at a time. */
const LOST_AT_A_TIME = 1000;

export interface SweepReport {
  /** Messages that the queue was told of for the first time, and again. */
  told: number;
  toldAgain: number;
}

/**
 * Finds what the outgoing queue does not know: messages whose time has come, and those whose notice was lost or whose spooler died. It
 * never tells a queue that knows: what was told of is left alone for `queue_resend_after`.
 */
export async function sweepOutgoing(
  context: StoreContext,
  notices: Notices,
  timeLeft: () => boolean,
): Promise<SweepReport> {
  const report: SweepReport = { told: 0, toldAgain: 0 };
  for (const tenant of await sendingTenants(context.db)) {
    if (!timeLeft()) break;
    await releaseExpired(context.db, tenant, context.clock());
    const toldBefore = context.clock() - context.options.queue_resend_after * 1000;
    const lost = await takeLost(context, tenant, toldBefore, LOST_AT_A_TIME);
    report.toldAgain += await tell(context, notices, tenant, lost);
    report.told += await feedQueue(context, notices, tenant);
  }
  return report;
}
