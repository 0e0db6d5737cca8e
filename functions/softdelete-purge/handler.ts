import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { createLambdaLog } from '../../shared/platform/lambda-log.ts';
import { createLog } from '../../shared/platform/log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import { purge } from './purge.ts';

const logger = createLambdaLog('softdelete-purge');
const store = await composeStore(createLog('softdelete-purge'));

/** Removes what was soft-deleted longer ago than `softdelete_lifetime`, and blobs that nothing points to (manual 7.5). */
export const handler = middy()
  .use(injectLambdaContext(logger))
  .handler(async (_event: unknown, lambda: Context) => {
    const done = await purge(store, () => lambda.getRemainingTimeInMillis() > 30_000);
    logger.info('purged', { ...done });
    return done;
  });
