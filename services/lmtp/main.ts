import { createServer } from 'node:net';
import { listen, onShutdown, serveSessions } from '../../shared/net/session-server.ts';
import { UnauthenticatedLimit } from '../../shared/net/unauthenticated-limit.ts';
import { compose } from './compose.ts';
import { LmtpSession } from './session.ts';

const { port, host, context, log, close } = await compose();

// LMTP has no login: mail servers of the provider's network keep their connections open for as long as they like.
const refusal = '421 4.3.2 Too many connections, try again later';
const unauthenticated = new UnauthenticatedLimit(log, { perAddress: 500, total: 2000, loginMs: 0, refusal });
const sessions = serveSessions((socket) => new LmtpSession(socket, context), log, unauthenticated);
const server = createServer({ allowHalfOpen: false }, sessions.accept);
unauthenticated.watch(server);
await listen(server, port, host);
log.info({ port }, 'listening');

onShutdown(async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  sessions.endAll('421 4.3.2 The service is shutting down');
  await closed;
  await close();
});
