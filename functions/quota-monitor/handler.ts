import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { compose, log } from './compose.ts';
import { monitorQuota } from './monitor.ts';

const context = await compose();

/** Mails users and tenants that have reached a quota level (manual 5.7.3). */
export const handler = middy()
  .use(injectLambdaContext(log.powertools))
  .handler(async (_event: unknown, lambda: Context) => {
    const report = await monitorQuota(context, () => lambda.getRemainingTimeInMillis() > 20_000);
    log.info({ ...report }, 'quota checked');
    return report;
  });
