import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { z } from 'zod';
import { createSqs } from '../../shared/platform/aws.ts';
import { readVariables } from '../../shared/platform/environment.ts';
import { createLog } from '../../shared/platform/log.ts';
import { composeStore } from '../../shared/store/compose.ts';
import { sqsNotices } from '../../shared/submission/notices.ts';
import { sweepOutgoing } from '../../shared/submission/sweep.ts';

const logger = new Logger({ serviceName: 'outgoing-sweeper' });
const { OUTGOING_QUEUE_URL } = readVariables({ OUTGOING_QUEUE_URL: z.string().min(1) });
const store = await composeStore(createLog('outgoing-sweeper'));
const notices = sqsNotices(createSqs(), OUTGOING_QUEUE_URL, store.clock, (error) =>
  logger.warn('the outgoing queue could not be told', { error: String(error) }),
);

/** Tells the outgoing queue of messages whose time has come, and again of those that it has lost (DESIGN decision 7). */
export const handler = middy()
  .use(injectLambdaContext(logger))
  .handler(async (_event: unknown, lambda: Context) => {
    const report = await sweepOutgoing(store, notices, () => lambda.getRemainingTimeInMillis() > 10_000);
    logger.info('swept', { ...report });
    return report;
  });
