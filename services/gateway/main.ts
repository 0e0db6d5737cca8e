import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer } from 'node:tls';
import { z } from 'zod';
import { watchAccounts } from '../../shared/directory/login/account-watch.ts';
import { dbAuthenticator } from '../../shared/directory/login/db-authenticator.ts';
import { dynamoLoginDelay } from '../../shared/directory/login/login-delay.ts';
import { dynamoThrottle } from '../../shared/directory/login/login-throttle.ts';
import { LogonTimes } from '../../shared/directory/login/logon-times.ts';
import { cachedVerify } from '../../shared/directory/login/password-cache.ts';
import { readCertificate } from '../../shared/net/certificate.ts';
import { listen, onShutdown, serveSessions } from '../../shared/net/session-server.ts';
import { taskAddress } from '../../shared/net/task-address.ts';
import { UnauthenticatedLimit } from '../../shared/net/unauthenticated-limit.ts';
import { createDynamoDb, createSecretsManager } from '../../shared/platform/aws.ts';
import { readVariables } from '../../shared/platform/environment.ts';
import { createLog } from '../../shared/platform/log.ts';
import { listenForChanges } from '../../shared/store/engine/change-listener.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import { ContentCache } from '../../shared/store/messages/content-cache.ts';
import { FolderIndexes } from '../../shared/store/messages/folder-index.ts';
import { SearchColumnCache } from '../../shared/store/messages/search-column-cache.ts';
import type { ImapContext } from './imap/imap-context.ts';
import { serveImap } from './imap/serve.ts';
import type { Pop3Context } from './pop3/pop3-context.ts';
import { servePop3 } from './pop3/serve.ts';

const variables = readVariables({
  IMAP_PORT: z.coerce.number().int(),
  IMAPS_PORT: z.coerce.number().int(),
  POP3_PORT: z.coerce.number().int(),
  POP3S_PORT: z.coerce.number().int(),
  LISTEN_HOST: z.string().default('0.0.0.0'),
  TLS_SECRET_ARN: z.string().min(1),
  CONTROL_TABLE: z.string().min(3),
});
const log = createLog('gateway');
const store = await composeStore(log);
const certificate = await readCertificate(variables.TLS_SECRET_ARN, createSecretsManager());
const dynamo = createDynamoDb();
const listener = await listenForChanges(store.db, store.clock, log, taskAddress(variables.LISTEN_HOST));
const context: ImapContext & Pop3Context = {
  store,
  authenticators: [
    dbAuthenticator(store.db, store.options, {
      verify: cachedVerify(store.clock),
      secret: createHash('sha256').update(certificate.key).digest(),
    }),
  ],
  throttle: dynamoThrottle(dynamo, variables.CONTROL_TABLE, { clock: store.clock, log }),
  loginRest: dynamoLoginDelay(dynamo, variables.CONTROL_TABLE, store.clock),
  logonTimes: new LogonTimes(store.db, store.clock, (error) => log.warn({ error }, 'logon times could not be written')),
  listener,
  accounts: watchAccounts(store.db, listener, log),
  indexes: new FolderIndexes(store.db),
  columns: new SearchColumnCache(store.db),
  contents: new ContentCache(),
  log,
  tls: createSecureContext({ ...certificate, minVersion: 'TLSv1.2' }),
};

const unauthenticated = new UnauthenticatedLimit(log);
const handshake = { ...certificate, minVersion: 'TLSv1.2', handshakeTimeout: 20_000 } as const;
const listeners = [
  { port: variables.IMAP_PORT, secure: false, open: (socket: Socket) => serveImap(socket, context, false) },
  { port: variables.IMAPS_PORT, secure: true, open: (socket: Socket) => serveImap(socket, context, true) },
  { port: variables.POP3_PORT, secure: false, open: (socket: Socket) => servePop3(socket, context, false) },
  { port: variables.POP3S_PORT, secure: true, open: (socket: Socket) => servePop3(socket, context, true) },
].map(({ port, secure, open }) => {
  const sessions = serveSessions(open, log, unauthenticated);
  const server = secure ? createTlsServer(handshake, sessions.accept) : createServer(sessions.accept);
  // A failed handshake concerns only its client, whose socket is closed already.
  server.on('tlsClientError', () => {});
  unauthenticated.watch(server);
  return { port, server, sessions };
});
for (const { port, server } of listeners) await listen(server, port, variables.LISTEN_HOST);
const { IMAP_PORT: imap, IMAPS_PORT: imaps, POP3_PORT: pop3, POP3S_PORT: pop3s } = variables;
log.info({ imap, imaps, pop3, pop3s }, 'listening');

onShutdown(async () => {
  const closed = listeners.map(({ server }) => new Promise((resolve) => server.close(resolve)));
  for (const { sessions } of listeners) sessions.endAll('The service is shutting down');
  await Promise.all(closed);
  context.accounts.close();
  await context.listener.close();
  await context.logonTimes.close();
  await store.close();
});
