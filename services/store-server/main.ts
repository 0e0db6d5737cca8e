import { createHash } from 'node:crypto';
import { existsSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { totalmem } from 'node:os';
import { z } from 'zod';
import { watchAccounts } from '../../shared/directory/login/account-watch.ts';
import { dbAuthenticator } from '../../shared/directory/login/db-authenticator.ts';
import { dynamoThrottle } from '../../shared/directory/login/login-throttle.ts';
import { LogonTimes } from '../../shared/directory/login/logon-times.ts';
import { cachedVerify } from '../../shared/directory/login/password-cache.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { tenantOfDomain } from '../../shared/directory/tenants/tenants.ts';
import { readCertificate } from '../../shared/net/certificate.ts';
import { listen, onShutdown } from '../../shared/net/session-server.ts';
import { taskAddress } from '../../shared/net/task-address.ts';
import { UNAUTHENTICATED_LIMITS, UnauthenticatedLimit } from '../../shared/net/unauthenticated-limit.ts';
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
import { hasClientKey, readClientKeys } from './client-keys.ts';
import type { ServerContext } from './context.ts';
import { Counters, statementCounter } from './counters.ts';
import { createSoapServer, type HttpOptions } from './http.ts';
import { protectSocket } from './local-socket.ts';
import { MessageLocks } from './locks.ts';
import { MemoryShares } from './memory-shares.ts';
import { Sessions } from './session.ts';
import { countSessionGuesses } from './session-guesses.ts';
import { createSoapHandler } from './soap-handler.ts';
import { registerTask } from './tasks.ts';

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
const onError = (error: unknown) => log.warn({ error }, 'the outgoing queue could not be told');
const enqueuer = new DueEnqueuer(store, composeSpoolerQueue(store.clock, onError), onError);
const host = taskAddress(variables.LISTEN_HOST);
// The bucket is the deployment's own: what follows from its name is the same for all tasks, and for no other deployment.
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
  logonTimes: new LogonTimes(store.db, store.clock, (error) => log.warn({ error }, 'times of logons')),
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

/** Memory for the requests that come in: of strangers 32 MB, 4 MB for each address; of users a quarter of the task's, half of that for each. */
const memory = Math.min(512 * 1024 * 1024, Math.floor((process.constrainedMemory() || totalmem()) / 4));
const proxies = new Set(options.trusted_proxies.split(/[\s,]+/).filter(Boolean));
// Slow requests have limits of their own: a connection may wait for its first call as long as for any other.
const strangers = new UnauthenticatedLimit(log, { ...UNAUTHENTICATED_LIMITS, loginMs: 0 }, proxies);
const common: Omit<HttpOptions, 'trusts' | 'transport'> = {
  handler: createSoapHandler(context, registry),
  log,
  proxies,
  proxyHeader: options.proxy_header,
  memory: {
    strangers: new MemoryShares(32 * 1024 * 1024, 4 * 1024 * 1024),
    users: new MemoryShares(memory, memory / 2),
  },
};
const clientKeys = options.sslkeys_path === '' ? undefined : readClientKeys(options.sslkeys_path);
const servers: Server[] = [];
const plain = createSoapServer({ ...common, strangers, transport: 'plain', trusts: () => false });
await listen(plain, variables.SOAP_PORT, variables.LISTEN_HOST);
servers.push(plain);
const secure = createSoapServer({
  ...common,
  strangers,
  transport: 'tls',
  tls: { ...certificate, requestCert: clientKeys !== undefined },
  trusts: (socket) => clientKeys !== undefined && hasClientKey(clientKeys, socket),
});
await listen(secure, variables.SOAPS_PORT, variables.LISTEN_HOST);
servers.push(secure);
if (variables.SOAP_SOCKET !== '') {
  if (existsSync(variables.SOAP_SOCKET)) unlinkSync(variables.SOAP_SOCKET);
  const local = createSoapServer({ ...common, transport: 'socket', trusts: () => true });
  await new Promise<void>((resolve, reject) => {
    local.once('error', reject);
    // The file is made here and now: nobody else's at no time.
    const before = process.umask(0o177);
    local.listen(variables.SOAP_SOCKET, () => resolve());
    process.umask(before);
  });
  protectSocket(variables.SOAP_SOCKET, options.local_admin_users);
  servers.push(local);
}
for (const server of servers) server.on('connection', () => counters.add('connections'));
log.info({ soap: variables.SOAP_PORT, soaps: variables.SOAPS_PORT, socket: variables.SOAP_SOCKET }, 'listening');

onShutdown(async () => {
  const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
  context.sessions.closeAll();
  for (const server of servers) server.closeIdleConnections();
  await Promise.race([Promise.all(closed), new Promise((resolve) => setTimeout(resolve, 5000).unref())]);
  await registry.close();
  await context.logonTimes.close();
  await enqueuer.settle();
  context.accounts.close();
  await context.listener.close();
  await store.close();
});
