import type { Server, Socket } from 'node:net';
import type { Log } from '../platform/log.ts';

// Connections whose client has not logged in yet hold memory and a socket, and cost the client nothing.

export interface UnauthenticatedLimits {
  /** Connections from one address; further ones are closed at once. */
  perAddress: number;
  /** Connections from all addresses together; the oldest is closed to make room for a new one. */
  total: number;
  /** The reply to a connection beyond the total, which is then closed: for protocols without a login, where none may be cut off within a message. */
  refusal?: string;
  /** Milliseconds until a connection without a login is closed, however active it is; 0: never. */
  loginMs: number;
}

export const UNAUTHENTICATED_LIMITS: UnauthenticatedLimits = { perAddress: 250, total: 2000, loginMs: 120_000 };

/** The log says at most once in this time that an address has too many connections. */
const LOG_MS = 60_000;

/** The session on a connection, as far as the limit needs to know it. */
export interface LimitedSession {
  readonly loggedIn?: boolean;
  end(farewell: string): void;
}

interface Connection {
  address: string;
  socket: Socket;
  session: LimitedSession | undefined;
}

/** Limits the connections without a login; one instance for all servers of a process. */
export class UnauthenticatedLimit {
  private readonly limits: UnauthenticatedLimits;
  private readonly log: Log;
  private readonly exempt: ReadonlySet<string>;
  /** By address and port of the peer, the oldest first. */
  private readonly connections = new Map<string, Connection>();
  private readonly byAddress = new Map<string, Set<string>>();
  private readonly loggedAt = new Map<string, number>();

  /** `exempt`: addresses that many clients share, such as trusted proxies. */
  constructor(log: Log, limits = UNAUTHENTICATED_LIMITS, exempt: ReadonlySet<string> = new Set()) {
    this.log = log;
    this.limits = limits;
    this.exempt = exempt;
  }

  /** Counts the connections of a server from their first byte, before any TLS. */
  watch(server: Server): void {
    server.prependListener('connection', (socket: Socket) => this.arrived(socket));
  }

  /** Names the session of a connection (with TLS or without); once it has logged in, the limit no longer counts it. */
  serves(socket: Socket, session: LimitedSession): void {
    const connection = this.connections.get(keyOf(socket));
    if (connection) connection.session = session;
  }

  private arrived(socket: Socket): void {
    const address = plainAddress(socket);
    if (this.exempt.has(address)) return;
    if (this.countOf(address) >= this.limits.perAddress) {
      this.logTooMany(address);
      return void socket.destroy();
    }
    if (this.limits.refusal !== undefined && this.connections.size >= this.limits.total)
      return void socket.end(`${this.limits.refusal}\r\n`, () => socket.destroy());
    this.makeRoom();
    const key = keyOf(socket);
    const connection: Connection = { address, socket, session: undefined };
    this.connections.set(key, connection);
    this.byAddress.set(address, (this.byAddress.get(address) ?? new Set()).add(key));
    const timer =
      this.limits.loginMs > 0
        ? setTimeout(() => this.close(key, connection, 'Too long without a login'), this.limits.loginMs).unref()
        : undefined;
    socket.once('close', () => {
      clearTimeout(timer);
      this.forget(key, connection);
    });
  }

  /** Connections of an address without a login. */
  private countOf(address: string): number {
    for (const key of this.byAddress.get(address) ?? []) {
      const connection = this.connections.get(key);
      if (connection?.session?.loggedIn) this.forget(key, connection);
    }
    return this.byAddress.get(address)?.size ?? 0;
  }

  private makeRoom(): void {
    for (const [key, connection] of this.connections) {
      if (this.connections.size < this.limits.total) return;
      this.close(key, connection, 'Too many connections');
    }
  }

  private close(key: string, connection: Connection, farewell: string): void {
    this.forget(key, connection);
    if (connection.session?.loggedIn) return;
    if (connection.session) connection.session.end(farewell);
    else connection.socket.destroy();
  }

  private forget(key: string, connection: Connection): void {
    if (this.connections.get(key) !== connection) return;
    this.connections.delete(key);
    const keys = this.byAddress.get(connection.address);
    keys?.delete(key);
    if (keys?.size === 0) this.byAddress.delete(connection.address);
  }

  private logTooMany(address: string): void {
    const now = performance.now();
    if (now - (this.loggedAt.get(address) ?? Number.NEGATIVE_INFINITY) < LOG_MS) return;
    for (const [each, at] of this.loggedAt) if (now - at >= LOG_MS) this.loggedAt.delete(each);
    this.loggedAt.set(address, now);
    this.log.warn({ audit: true, from: address }, 'too many connections without a login from one address');
  }
}

const plainAddress = (socket: Socket): string => (socket.remoteAddress ?? 'local').replace(/^::ffff:/, '');

const keyOf = (socket: Socket): string => `${plainAddress(socket)} ${socket.remotePort}`;
