import { existsSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { totalmem } from 'node:os';
import { listen, onShutdown } from '../../shared/net/session-server.ts';
import { UNAUTHENTICATED_LIMITS, UnauthenticatedLimit } from '../../shared/net/unauthenticated-limit.ts';
import { hasClientKey, readClientKeys } from './client-keys.ts';
import { compose } from './compose.ts';
import { createSoapServer, type HttpOptions } from './http.ts';
import { protectSocket } from './local-socket.ts';
import { MemoryShares } from './memory-shares.ts';
import { createSoapHandler } from './soap-handler.ts';

const { variables, certificate, context, registry, log, close } = await compose();
const { options } = context.store;
const { counters } = context;

/**
 * Memory for incoming requests. Requests without a session share 32 MB, 4 MB for each address; users share a quarter of the task's memory,
 * half of that for each user.
 */
const memory = Math.min(512 * 1024 * 1024, Math.floor((process.constrainedMemory() || totalmem()) / 4));
const proxies = new Set(options.trusted_proxies.split(/[\s,]+/).filter(Boolean));
// The request reader limits slow requests; a connection may wait for its first call as long as for any other.
const unauthenticated = new UnauthenticatedLimit(log, { ...UNAUTHENTICATED_LIMITS, loginMs: 0 }, proxies);
const common: Omit<HttpOptions, 'trusts' | 'transport'> = {
  handler: createSoapHandler(context, registry),
  log,
  proxies,
  proxyHeader: options.proxy_header,
  memory: {
    unauthenticated: new MemoryShares(32 * 1024 * 1024, 4 * 1024 * 1024),
    users: new MemoryShares(memory, memory / 2),
  },
};
const clientKeys = options.sslkeys_path === '' ? undefined : readClientKeys(options.sslkeys_path);
const servers: Server[] = [];
const plain = createSoapServer({ ...common, unauthenticated, transport: 'plain', trusts: () => false });
await listen(plain, variables.SOAP_PORT, variables.LISTEN_HOST);
servers.push(plain);
const secure = createSoapServer({
  ...common,
  unauthenticated,
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
    // The socket file is made with its mode, so that no other user can open it at any time.
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
  await close();
});
