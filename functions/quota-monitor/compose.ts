import { z } from 'zod';
import { createDynamoDb } from '../../shared/platform/aws.ts';
import { readVariables } from '../../shared/platform/environment.ts';
import { createLambdaLog } from '../../shared/platform/lambda-log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import type { MonitorContext } from './monitor.ts';
import { dynamoSentNotices } from './sent-notices.ts';

export const log = createLambdaLog('quota-monitor');

export async function compose(): Promise<MonitorContext> {
  const { CONTROL_TABLE, MAIL_HOST } = readVariables({
    CONTROL_TABLE: z.string().min(3),
    MAIL_HOST: z.string().min(1),
  });
  return {
    store: await composeStore(log),
    notices: dynamoSentNotices(createDynamoDb(), CONTROL_TABLE),
    sender: `Mail system <postmaster@${MAIL_HOST}>`,
  };
}
