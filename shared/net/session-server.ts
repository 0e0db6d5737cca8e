import type { Server, Socket } from 'node:net';
import type { Log } from '../platform/log.ts';
import type { LimitedSession, UnauthenticatedLimit } from './unauthenticated-limit.ts';

/** Listens. Throws an error that names the port when another program uses it. */
export function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE' ? new Error(`port ${port} is in use by another program`, { cause: error }) : error,
      );
    });
    server.listen(port, host, () => resolve());
  });
}

export interface Session extends LimitedSession {
  run(): Promise<void>;
}

/** Runs a session for each connection and keeps the set of open ones; `unauthenticated` counts those without a login. */
export function serveSessions(
  open: (socket: Socket) => Session,
  log: Log,
  unauthenticated?: UnauthenticatedLimit,
): { accept: (socket: Socket) => void; endAll: (farewell: string) => void } {
  const sessions = new Set<Session>();
  return {
    accept(socket) {
      // The limit has closed the connection already.
      if (socket.destroyed || socket.writableEnded) return;
      // The session's reader sees the error too, and ends the session.
      socket.on('error', () => {});
      const session = open(socket);
      sessions.add(session);
      unauthenticated?.serves(socket, session);
      session
        .run()
        .catch((error: unknown) => {
          log.error({ error }, 'session failed');
          socket.destroy();
        })
        .finally(() => sessions.delete(session));
    },
    endAll: (farewell) => sessions.forEach((session) => session.end(farewell)),
  };
}

/** Calls `stop` once, on the first SIGTERM or SIGINT, and exits when it is done or after `graceMs`. */
export function onShutdown(stop: () => Promise<void>, graceMs = 10_000): void {
  let stopping = false;
  const leave = () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), graceMs).unref();
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', leave);
  process.once('SIGINT', leave);
}
