import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { z } from 'zod';
import { createDynamoDb } from '../../shared/platform/aws.ts';
import { readVariables } from '../../shared/platform/environment.ts';
import { createLambdaLog } from '../../shared/platform/lambda-log.ts';
import { createLog } from '../../shared/platform/log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import { dynamoMarks } from './marks.ts';
import { monitorQuota } from './monitor.ts';

const logger = createLambdaLog('quota-monitor');
const { CONTROL_TABLE, MAIL_HOST } = readVariables({ CONTROL_TABLE: z.string().min(3), MAIL_HOST: z.string().min(1) });
const store = await composeStore(createLog('quota-monitor'));
const marks = dynamoMarks(createDynamoDb(), CONTROL_TABLE);

/** Mails users and companies that have reached a quota level (manual 5.7.3). */
export const handler = middy()
  .use(injectLambdaContext(logger))
  .handler(async (_event: unknown, lambda: Context) => {
    const report = await monitorQuota(
      store,
      marks,
      `Mail system <postmaster@${MAIL_HOST}>`,
      () => lambda.getRemainingTimeInMillis() > 20_000,
    );
    logger.info('quota checked', { ...report });
    return report;
  });
