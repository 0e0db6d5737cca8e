import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { SQSEvent } from 'aws-lambda';
import { asPamojaError } from '../../shared/database/transaction.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import { sendOutgoing } from '../../shared/submission/send-outgoing.ts';
import { parseQueueMessage } from '../../shared/submission/spooler-queue.ts';
import { compose, log } from './compose.ts';

const context = await compose();

/** Sends the messages that the outgoing queue names (manual 5.4). */
export const handler = middy<SQSEvent>()
  .use(injectLambdaContext(log.powertools))
  .handler(async (event: SQSEvent) => {
    try {
      await sendOutgoing(
        context,
        event.Records.map((record) => parseQueueMessage(record.body)),
      );
    } catch (error) {
      // The sweeper enqueues the rest again; a retry now would find the database unreachable as well.
      if (!PamojaError.is(asPamojaError(error), 'NETWORK_ERROR', 'BUSY')) throw error;
      log.warn({ error: String(error) }, 'the database is unreachable; the sweeper enqueues the messages again');
    }
  });
