import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { listen, onShutdown, serveSessions } from '../../shared/net/session-server.ts';
import { UnauthenticatedLimit } from '../../shared/net/unauthenticated-limit.ts';
import { compose } from './compose.ts';
import { serveImap } from './imap/serve.ts';
import { servePop3 } from './pop3/serve.ts';

const { variables, certificate, context, log, close } = await compose();

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
  await close();
});
