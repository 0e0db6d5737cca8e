import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { sweepOutgoing } from '../../shared/submission/sweep.ts';
import { compose, log } from './compose.ts';

const { store, queue } = await compose();

/** Enqueues messages that are due, and again those that the queue has lost (DESIGN decision 7). */
export const handler = middy()
  .use(injectLambdaContext(log.powertools))
  .handler(async (_event: unknown, lambda: Context) => {
    const report = await sweepOutgoing(store, queue, () => lambda.getRemainingTimeInMillis() > 10_000);
    log.info({ ...report }, 'outgoing messages swept');
    return report;
  });
