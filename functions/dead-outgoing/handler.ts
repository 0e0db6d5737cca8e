import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { PartialItemFailureResponse } from '@aws-lambda-powertools/batch/types';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import { afterCrash } from '../../shared/store/outgoing/outgoing-admin.ts';
import { parseQueueMessage } from '../../shared/submission/spooler-queue.ts';
import { compose, log, metrics } from './compose.ts';

const store = await compose();
const processor = new BatchProcessor(EventType.SQS);

/** Spoolers crashed with this message, or another of its batch, as often as the queue redelivers. */
async function handleRecord(record: SQSRecord): Promise<void> {
  const ref = parseQueueMessage(record.body);
  const held = await afterCrash(store.db, ref, store.clock(), store.options.queue_retry_delay * 1000);
  const id = ref.id.toString('hex');
  if (held) log.warn({ id }, 'a message is held: spoolers crashed too often with it');
  else log.warn({ id }, 'a spooler crashed with a message, which will be tried again');
  if (held) metrics.addMetric('HeldMessages', MetricUnit.Count, 1);
}

/** Handles the outgoing queue's dead letters: a message is tried again a few times, then held, and an alarm is raised. */
export const handler = middy<SQSEvent, PartialItemFailureResponse>()
  .use(injectLambdaContext(log.powertools))
  .handler(async (event: SQSEvent, lambdaContext: Context) => {
    const response = await processPartialResponse(event, handleRecord, processor, {
      context: lambdaContext,
      throwOnFullBatchFailure: false,
    });
    metrics.publishStoredMetrics();
    return response;
  });
