import type { Server, Socket } from 'node:net';
import type { Log } from '../platform/log.ts';
import type { UnauthenticatedLimit, Visitor } from './unauthenticated-limit.ts';

/** Listens; throws an error that names the port when it is taken. */
export function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE' ? new Error(`port ${port} is taken by another program`, { cause: error }) : error,
      );
    });
    server.listen(port, host, () => resolve());
  });
}

export interface Session extends Visitor {
  run(): Promise<void>;
}

/** Runs a session for each connection, and keeps the set of those that are open; `strangers` counts those that have not logged in. */
export function serveSessions(
  open: (socket: Socket) => Session,
  log: Log,
  strangers?: UnauthenticatedLimit,
): { accept: (socket: Socket) => void; endAll: (farewell: string) => void } {
  const sessions = new Set<Session>();
  return {
    accept(socket) {
      // One that was one too many.
      if (socket.destroyed || socket.writableEnded) return;
      socket.on('error', () => {});
      const session = open(socket);
      sessions.add(session);
      strangers?.serves(socket, session);
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

/** Calls `stop` once, on the first SIGTERM or SIGINT, and leaves when it is done or after `graceMs`. */
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
