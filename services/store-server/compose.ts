import { createHash } from 'node:crypto';
import { z } from 'zod';
import { watchAccounts } from '../../shared/directory/login/account-watch.ts';
import { dbAuthenticator } from '../../shared/directory/login/db-authenticator.ts';
import { dynamoThrottle } from '../../shared/directory/login/login-throttle.ts';
import { LogonTimes } from '../../shared/directory/login/logon-times.ts';
import { cachedVerify } from '../../shared/directory/login/password-cache.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { tenantOfDomain } from '../../shared/directory/tenants/tenants.ts';
import { readCertificate } from '../../shared/net/certificate.ts';
import { taskAddress } from '../../shared/net/task-address.ts';
import { createDynamoDb, createSecretsManager } from '../../shared/platform/aws.ts';
import { systemClock } from '../../shared/platform/clock.ts';
import { readVariables } from '../../shared/platform/environment.ts';
import { createLog } from '../../shared/platform/log.ts';
import { listenForChanges } from '../../shared/store/engine/change-listener.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import { TextOrders } from '../../shared/store/tables/text-order.ts';
import { composeSpoolerQueue } from '../../shared/submission/compose.ts';
import { DueEnqueuer } from '../../shared/submission/enqueue-due.ts';
import { dynamoHourlyLimit } from '../../shared/submission/hourly-limit.ts';
import { adminStoreGuid } from './admin-store.ts';
import type { ServerContext } from './context.ts';
import { Counters, statementCounter } from './counters.ts';
import { MessageLocks } from './locks.ts';
import { Sessions } from './session.ts';
import { countSessionGuesses } from './session-guesses.ts';
import { registerTask } from './tasks.ts';

/** Makes the pool, the clients, the log and the ports of the service, from its environment. */
export async function compose() {
  const variables = readVariables({
    SOAP_PORT: z.coerce.number().int(),
    SOAPS_PORT: z.coerce.number().int(),
    /** Path of the socket for local administration; empty: none. */
    SOAP_SOCKET: z.string().default(''),
    LISTEN_HOST: z.string().default('0.0.0.0'),
    TLS_SECRET_ARN: z.string().min(1),
    CONTROL_TABLE: z.string().min(3),
    ATTACHMENTS_BUCKET: z.string().min(3),
  });
  const log = createLog('store-server');
  const counters = new Counters();
  const store = await composeStore(log, statementCounter(counters, systemClock));
  const { options } = store;
  const dynamo = createDynamoDb();
  const certificate = await readCertificate(variables.TLS_SECRET_ARN, createSecretsManager());
  const onError = (error: unknown) =>
    log.warn({ error }, 'a message could not be enqueued for the spooler; the sweeper finds it');
  const enqueuer = new DueEnqueuer(store, composeSpoolerQueue(store.clock, onError), onError);
  const host = taskAddress(variables.LISTEN_HOST);
  // Each deployment has a bucket of its own: a value derived from its name is the same for all tasks, and differs between deployments.
  const serverGuid = createHash('sha256')
    .update(`kopano server ${variables.ATTACHMENTS_BUCKET}`)
    .digest()
    .subarray(0, 16);
  const registry = await registerTask(store, log, `${host}:${variables.SOAP_PORT}`);
  const listener = await listenForChanges(store.db, store.clock, log, host);
  const context: ServerContext = {
    store,
    directory: dbSource(store.db, options),
    authenticators: [dbAuthenticator(store.db, options, { verify: cachedVerify(store.clock) })],
    throttle: dynamoThrottle(dynamo, variables.CONTROL_TABLE, { clock: store.clock, log }),
    hourlyLimit: dynamoHourlyLimit(dynamo, variables.CONTROL_TABLE, store.clock),
    enqueuer,
    logonTimes: new LogonTimes(store.db, store.clock, (error) =>
      log.warn({ error }, 'logon times could not be written'),
    ),
    listener,
    accounts: watchAccounts(store.db, listener, log),
    log,
    sessions: new Sessions(store.clock, registry.makeSessionId, ({ caller }, timedOut) => {
      counters.add(timedOut ? 'sessions_timeout' : 'sessions_deleted');
      if (!caller.system) context.logonTimes.loggedOff(caller);
    }),
    guesses: countSessionGuesses(store.clock, log),
    locks: new MessageLocks(),
    counters,
    textOrders: new TextOrders(),
    testValues: new Map(),
    ssoMethods: [],
    tenantOfDomain: (domain) => tenantOfDomain(store.db, domain),
    startedAt: store.clock(),
    serverGuid,
    adminStoreGuid: adminStoreGuid(serverGuid),
  };
  const close = async (): Promise<void> => {
    await registry.close();
    await context.logonTimes.close();
    await enqueuer.settle();
    context.accounts.close();
    await listener.close();
    await store.close();
  };
  return { variables, certificate, context, registry, log, close };
}
