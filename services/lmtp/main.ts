import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { z } from 'zod';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { listen, onShutdown, serveSessions } from '../../shared/net/session-server.ts';
import { UnauthenticatedLimit } from '../../shared/net/unauthenticated-limit.ts';
import { readVariables } from '../../shared/platform/environment.ts';
import { createLog } from '../../shared/platform/log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import { LmtpSession } from './session.ts';

const { LMTP_PORT, LISTEN_HOST } = readVariables({
  LMTP_PORT: z.coerce.number().int(),
  LISTEN_HOST: z.string().default('0.0.0.0'),
});
const log = createLog('lmtp');
const store = await composeStore(log);
const directory = dbSource(store.db, store.options);
// Nobody logs in over LMTP: mail servers of the provider's network keep their connections for as long as they like.
const refusal = '421 4.3.2 Too many connections, try again later';
const unauthenticated = new UnauthenticatedLimit(log, { perAddress: 500, total: 2000, loginMs: 0, refusal });
const sessions = serveSessions(
  (socket) => new LmtpSession(socket, { store, directory, log, hostname: hostname() }),
  log,
  unauthenticated,
);
const server = createServer({ allowHalfOpen: false }, sessions.accept);
unauthenticated.watch(server);
await listen(server, LMTP_PORT, LISTEN_HOST);
log.info({ port: LMTP_PORT }, 'listening');

onShutdown(async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  sessions.endAll('421 4.3.2 The service is shutting down');
  await closed;
  await store.close();
});
