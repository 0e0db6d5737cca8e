import { createServer } from 'node:net';
import { createSecureContext, createServer as createTlsServer } from 'node:tls';
import { z } from 'zod';
import { dbDirectory } from '../../shared/directory/db-directory.ts';
import { dynamoThrottle } from '../../shared/directory/login-throttle.ts';
import { LogonTimes } from '../../shared/directory/logon-times.ts';
import { cachedVerify } from '../../shared/directory/password-cache.ts';
import { createDynamoDb, createSecretsManager } from '../../shared/platform/aws.ts';
import { readCertificate } from '../../shared/platform/certificate.ts';
import { readVariables } from '../../shared/platform/environment.ts';
import { createLog } from '../../shared/platform/log.ts';
import { listen, onShutdown, serveSessions } from '../../shared/platform/service.ts';
import { taskAddress } from '../../shared/platform/task-address.ts';
import { listenForChanges } from '../../shared/store/bell.ts';
import { composeStore } from '../../shared/store/compose.ts';
import type { ImapContext } from './imap/context.ts';
import { ImapSession } from './imap/session.ts';

const variables = readVariables({
  IMAP_PORT: z.coerce.number().int(),
  IMAPS_PORT: z.coerce.number().int(),
  LISTEN_HOST: z.string().default('0.0.0.0'),
  TLS_SECRET_ARN: z.string().min(1),
  CONTROL_TABLE: z.string().min(3),
});
const log = createLog('gateway');
const store = await composeStore(log);
const certificate = await readCertificate(variables.TLS_SECRET_ARN, createSecretsManager());
const context: ImapContext = {
  store,
  directory: dbDirectory(store.db, store.options, cachedVerify(store.clock)),
  throttle: dynamoThrottle(createDynamoDb(), variables.CONTROL_TABLE, store.clock),
  logonTimes: new LogonTimes(store.db, store.clock, (error) => log.warn({ error }, 'times of logons')),
  listener: await listenForChanges(store.db, store.clock, log, taskAddress(variables.LISTEN_HOST)),
  log,
  tls: createSecureContext({ ...certificate, minVersion: 'TLSv1.2' }),
};

const plain = serveSessions((socket) => new ImapSession(socket, context, false), log);
const secure = serveSessions((socket) => new ImapSession(socket, context, true), log);
const imap = createServer(plain.accept);
const imaps = createTlsServer({ ...certificate, minVersion: 'TLSv1.2', handshakeTimeout: 20_000 }, secure.accept);
imaps.on('tlsClientError', () => {});
await listen(imap, variables.IMAP_PORT, variables.LISTEN_HOST);
await listen(imaps, variables.IMAPS_PORT, variables.LISTEN_HOST);
log.info({ imap: variables.IMAP_PORT, imaps: variables.IMAPS_PORT }, 'listening');

onShutdown(async () => {
  const closed = [imap, imaps].map((server) => new Promise((resolve) => server.close(resolve)));
  for (const sessions of [plain, secure]) sessions.endAll('The service is shutting down');
  await Promise.all(closed);
  await context.listener.close();
  await context.logonTimes.close();
  await store.close();
});
