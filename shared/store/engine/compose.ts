import type { Logger } from 'kysely';
import { z } from 'zod';
import { s3Objects } from '../../blobs/s3-objects.ts';
import { onAccountChanges } from '../../database/account-signals.ts';
import { databaseAddress, openDatabase } from '../../database/database.ts';
import { requireDatabaseSettings } from '../../database/required-settings.ts';
import { createS3, createSecretsManager } from '../../platform/aws.ts';
import { systemClock } from '../../platform/clock.ts';
import { readEnvironment, readOptions, readVariables } from '../../platform/environment.ts';
import type { Log } from '../../platform/log.ts';
import { createChangeSignal } from './change-signal.ts';
import type { StoreContext } from './context.ts';

/** Composes the store from the environment that the CDK stacks give to every program. `statements` logs each SQL statement. */
export async function composeStore(
  log: Log,
  statements?: Logger,
): Promise<StoreContext & { close: () => Promise<void> }> {
  const { ATTACHMENTS_BUCKET } = readVariables({ ATTACHMENTS_BUCKET: z.string().min(3) });
  const db = openDatabase(await databaseAddress(readEnvironment(), createSecretsManager()), undefined, statements);
  await requireDatabaseSettings(db);
  const changeSignal = createChangeSignal(db, systemClock, log);
  onAccountChanges(db, changeSignal.signalAccounts);
  return {
    db,
    objects: s3Objects(createS3(), ATTACHMENTS_BUCKET),
    clock: systemClock,
    options: readOptions(),
    signalChanges: changeSignal.signalChanges,
    log,
    async close() {
      await changeSignal.close();
      await db.destroy();
    },
  };
}
