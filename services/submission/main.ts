import { createServer } from 'node:net';
import { createSecureContext, createServer as createTlsServer } from 'node:tls';
import { z } from 'zod';
import { watchAccounts } from '../../shared/directory/login/account-watch.ts';
import { dbAuthenticator } from '../../shared/directory/login/db-authenticator.ts';
import { dynamoThrottle } from '../../shared/directory/login/login-throttle.ts';
import { cachedVerify } from '../../shared/directory/login/password-cache.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { readCertificate } from '../../shared/net/certificate.ts';
import { listen, onShutdown, serveSessions } from '../../shared/net/session-server.ts';
import { taskAddress } from '../../shared/net/task-address.ts';
import { UnauthenticatedLimit } from '../../shared/net/unauthenticated-limit.ts';
import { createDynamoDb, createSecretsManager } from '../../shared/platform/aws.ts';
import { readVariables } from '../../shared/platform/environment.ts';
import { createLog } from '../../shared/platform/log.ts';
import { listenForChanges } from '../../shared/store/engine/change-listener.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import { composeSpoolerQueue } from '../../shared/submission/compose.ts';
import { DueEnqueuer } from '../../shared/submission/enqueue-due.ts';
import { dynamoHourlyLimit } from '../../shared/submission/hourly-limit.ts';

import { type SubmissionContext, SubmissionSession } from './session.ts';

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

const unauthenticated = new UnauthenticatedLimit(log);
const plain = serveSessions((socket) => new SubmissionSession(socket, context, false), log, unauthenticated);
const secure = serveSessions((socket) => new SubmissionSession(socket, context, true), log, unauthenticated);
const submission = createServer({ allowHalfOpen: false }, plain.accept);
const submissions = createTlsServer({ ...certificate, minVersion: 'TLSv1.2', handshakeTimeout: 20_000 }, secure.accept);
submissions.on('tlsClientError', () => {});
for (const server of [submission, submissions]) unauthenticated.watch(server);
await listen(submission, variables.SUBMISSION_PORT, variables.LISTEN_HOST);
await listen(submissions, variables.SUBMISSIONS_PORT, variables.LISTEN_HOST);
log.info({ submission: variables.SUBMISSION_PORT, submissions: variables.SUBMISSIONS_PORT }, 'listening');

onShutdown(async () => {
  const closed = [submission, submissions].map((server) => new Promise((resolve) => server.close(resolve)));
  for (const sessions of [plain, secure]) sessions.endAll('421 4.3.2 The service is shutting down');
  await Promise.all(closed);
  await enqueuer.settle();
  context.accounts.close();
  await listener.close();
  await store.close();
});
