import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { watchAccounts } from '../../shared/directory/login/account-watch.ts';
import { dbAuthenticator } from '../../shared/directory/login/db-authenticator.ts';
import { dynamoThrottle } from '../../shared/directory/login/login-throttle.ts';
import { cachedVerify } from '../../shared/directory/login/password-cache.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { readCertificate } from '../../shared/net/certificate.ts';
import { taskAddress } from '../../shared/net/task-address.ts';
import { createDynamoDb, createSecretsManager } from '../../shared/platform/aws.ts';
import { readVariables } from '../../shared/platform/environment.ts';
import { createLog } from '../../shared/platform/log.ts';
import { listenForChanges } from '../../shared/store/engine/change-listener.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import { composeSpoolerQueue } from '../../shared/submission/compose.ts';
import { DueEnqueuer } from '../../shared/submission/enqueue-due.ts';
import { dynamoHourlyLimit } from '../../shared/submission/hourly-limit.ts';
import type { SubmissionContext } from './session.ts';

/** Makes the pool, the clients, the log and the ports of the service, from its environment. */
export async function compose() {
  const variables = readVariables({
    SUBMISSION_PORT: z.coerce.number().int(),
    SUBMISSIONS_PORT: z.coerce.number().int(),
    LISTEN_HOST: z.string().default('0.0.0.0'),
    TLS_SECRET_ARN: z.string().min(1),
    CONTROL_TABLE: z.string().min(3),
    MAIL_HOST: z.string().min(1),
  });
  const log = createLog('submission');
  const store = await composeStore(log);
  const dynamo = createDynamoDb();
  const certificate = await readCertificate(variables.TLS_SECRET_ARN, createSecretsManager());
  const onError = (error: unknown) =>
    log.warn({ error }, 'a message could not be enqueued for the spooler; the sweeper finds it');
  const enqueuer = new DueEnqueuer(store, composeSpoolerQueue(store.clock, onError), onError);
  const listener = await listenForChanges(store.db, store.clock, log, taskAddress(variables.LISTEN_HOST));
  const context: SubmissionContext = {
    store,
    directory: dbSource(store.db, store.options),
    authenticators: [dbAuthenticator(store.db, store.options, { verify: cachedVerify(store.clock) })],
    throttle: dynamoThrottle(dynamo, variables.CONTROL_TABLE, { clock: store.clock, log }),
    hourlyLimit: dynamoHourlyLimit(dynamo, variables.CONTROL_TABLE, store.clock),
    enqueuer,
    accounts: watchAccounts(store.db, listener, log),
    log,
    tls: createSecureContext({ ...certificate, minVersion: 'TLSv1.2' }),
    hostname: variables.MAIL_HOST,
  };
  const close = async (): Promise<void> => {
    await enqueuer.settle();
    context.accounts.close();
    await listener.close();
    await store.close();
  };
  return { variables, certificate, context, log, close };
}
