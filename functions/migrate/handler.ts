import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import { databaseAddress, openDatabase } from '../../shared/database/database.ts';
import { migrate } from '../../shared/database/migrate.ts';
import { createSecretsManager } from '../../shared/platform/aws.ts';
import { systemClock } from '../../shared/platform/clock.ts';
import { readEnvironment } from '../../shared/platform/environment.ts';
import { createLambdaLog } from '../../shared/platform/lambda-log.ts';

const logger = createLambdaLog('migrate');

/** Brings the schema up to date; run by the deployment before anything that needs it. */
export const handler = middy()
  .use(injectLambdaContext(logger))
  .handler(async () => {
    // A migration of a large table takes the time that it takes.
    const db = openDatabase(await databaseAddress(readEnvironment(), createSecretsManager()), 0);
    try {
      const applied = await migrate(db, systemClock);
      logger.info('schema is up to date', { applied });
      return { applied };
    } finally {
      await db.destroy();
    }
  });
