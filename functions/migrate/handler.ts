import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import { migrate } from '../../shared/database/migrate.ts';
import { compose, log } from './compose.ts';

/** Brings the schema up to date; the deployment runs it before anything that needs the schema. */
export const handler = middy()
  .use(injectLambdaContext(log.powertools))
  .handler(async () => {
    const { db, clock } = await compose();
    try {
      const applied = await migrate(db, clock);
      log.info({ applied }, 'schema is up to date');
      return { applied };
    } finally {
      await db.destroy();
    }
  });
