import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { SQSEvent } from 'aws-lambda';
import { asPamojaError } from '../../shared/database/transaction.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import { sendOutgoing } from '../../shared/submission/send-outgoing.ts';
import { parseQueueMessage } from '../../shared/submission/spooler-queue.ts';
import { compose, logger } from './compose.ts';

const context = await compose();

/** Sends the messages that the outgoing queue names (manual 5.4). */
export const handler = middy<SQSEvent>()
  .use(injectLambdaContext(logger))
  .handler(async (event: SQSEvent) => {
    try {
      await sendOutgoing(
        context,
        event.Records.map((record) => parseQueueMessage(record.body)),
      );
    } catch (error) {
      // The sweeper tells the queue again of what was left; nothing is gained by trying while the database is away.
      if (!PamojaError.is(asPamojaError(error), 'NETWORK_ERROR', 'BUSY')) throw error;
      logger.warn('the database is away', { error: String(error) });
    }
  });
