import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { createLambdaLog } from '../../shared/platform/lambda-log.ts';
import { createLog } from '../../shared/platform/log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import { composeSpoolerQueue } from '../../shared/submission/compose.ts';
import { sweepOutgoing } from '../../shared/submission/sweep.ts';

const logger = createLambdaLog('outgoing-sweeper');
const store = await composeStore(createLog('outgoing-sweeper'));
const queue = composeSpoolerQueue(store.clock, (error) =>
  logger.warn('the outgoing queue could not be told', { error: String(error) }),
);

/** Tells the outgoing queue of messages whose time has come, and again of those that it has lost (DESIGN decision 7). */
export const handler = middy()
  .use(injectLambdaContext(logger))
  .handler(async (_event: unknown, lambda: Context) => {
    const report = await sweepOutgoing(store, queue, () => lambda.getRemainingTimeInMillis() > 10_000);
    logger.info('swept', { ...report });
    return report;
  });
