import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { compose, log } from './compose.ts';
import { purge } from './purge.ts';

const store = await compose();

/** Removes what was soft-deleted longer ago than `softdelete_lifetime`, and blobs without references (manual 7.5). */
export const handler = middy()
  .use(injectLambdaContext(log.powertools))
  .handler(async (_event: unknown, lambda: Context) => {
    const report = await purge(store, () => lambda.getRemainingTimeInMillis() > 30_000);
    log.info({ ...report }, 'purged');
    return report;
  });
