import { databaseAddress, openDatabase } from '../../shared/database/database.ts';
import { createSecretsManager } from '../../shared/platform/aws.ts';
import { systemClock } from '../../shared/platform/clock.ts';
import { readEnvironment } from '../../shared/platform/environment.ts';
import { createLambdaLog } from '../../shared/platform/lambda-log.ts';

export const log = createLambdaLog('migrate');

/** For each run a pool of its own, without a query time-out: the migration of a large table may take long. */
export const compose = async () => ({
  db: openDatabase(await databaseAddress(readEnvironment(), createSecretsManager()), 0),
  clock: systemClock,
});
