import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { PartialItemFailureResponse } from '@aws-lambda-powertools/batch/types';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import { compose, log, metrics } from './compose.ts';
import { deliverObject } from './deliver-object.ts';
import { parseNotification } from './notification.ts';

const context = await compose();
const processor = new BatchProcessor(EventType.SQS);

async function deliverRecord(record: SQSRecord): Promise<void> {
  for (const object of parseNotification(record.body)) await deliverObject(context, object);
}

/** Delivers the messages that SES or a provider's own system has put into the inbound bucket. */
export const handler = middy<SQSEvent, PartialItemFailureResponse>()
  .use(injectLambdaContext(log.powertools))
  .handler(async (event: SQSEvent, lambdaContext: Context) => {
    const response = await processPartialResponse(event, deliverRecord, processor, {
      context: lambdaContext,
      throwOnFullBatchFailure: false,
    });
    metrics.publishStoredMetrics();
    return response;
  });
