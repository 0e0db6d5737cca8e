import { createLambdaLog } from '../../shared/platform/lambda-log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import { composeSpoolerQueue } from '../../shared/submission/compose.ts';

export const log = createLambdaLog('outgoing-sweeper');

export async function compose() {
  const store = await composeStore(log);
  const queue = composeSpoolerQueue(store.clock, (error) =>
    log.warn({ error: String(error) }, 'a message could not be enqueued; the next sweep tries again'),
  );
  return { store, queue };
}
