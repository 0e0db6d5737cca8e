import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { PartialItemFailureResponse } from '@aws-lambda-powertools/batch/types';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import { createLambdaLog } from '../../shared/platform/lambda-log.ts';
import { createLog } from '../../shared/platform/log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import { afterCrash } from '../../shared/store/outgoing/outgoing-admin.ts';
import { parseQueueMessage } from '../../shared/submission/spooler-queue.ts';

const logger = createLambdaLog('dead-outgoing');
const metrics = new Metrics({ namespace: 'Pamoja', serviceName: 'dead-outgoing' });
const store = await composeStore(createLog('dead-outgoing'));
const processor = new BatchProcessor(EventType.SQS);

/** Spoolers have ended in the middle of this message, or beside it, as often as the queue lets them. */
async function handleRecord(record: SQSRecord): Promise<void> {
  const ref = parseQueueMessage(record.body);
  const held = await afterCrash(store.db, ref, store.clock(), store.options.queue_retry_delay * 1000);
  logger.warn(held ? 'set aside' : 'to be tried again', { id: ref.id.toString('hex') });
  if (held) metrics.addMetric('HeldMessages', MetricUnit.Count, 1);
}

/** Deals with the outgoing queue's dead letters: the message is tried again some times and then set aside, and an alarm is raised. */
export const handler = middy<SQSEvent, PartialItemFailureResponse>()
  .use(injectLambdaContext(logger))
  .handler(async (event: SQSEvent, lambdaContext: Context) => {
    const response = await processPartialResponse(event, handleRecord, processor, {
      context: lambdaContext,
      throwOnFullBatchFailure: false,
    });
    metrics.publishStoredMetrics();
    return response;
  });
