import type { Server, Socket } from 'node:net';
import type { Log } from '../platform/log.ts';

// Connections of who has not logged in yet. Each holds memory and a socket, and costs its owner nothing.

export interface UnauthenticatedLimits {
  /** Connections from one address; further ones are closed at once. */
  perAddress: number;
  /** Connections from everywhere; the one that has been here longest makes room for a new one. */
  total: number;
  /** What a connection beyond the total is told, where nobody logs in and none may be cut off in the middle of a message; it is closed then. */
  refusal?: string;
  /** Milliseconds until who has not logged in is sent away, however often they send something; 0: for ever. */
  loginMs: number;
}

export const UNAUTHENTICATED_LIMITS: UnauthenticatedLimits = { perAddress: 250, total: 2000, loginMs: 120_000 };

/** Once a minute at most it is noted that an address has too many connections. */
const NOTE_MS = 60_000;

/** What runs on a connection, as far as its limits go. */
export interface Visitor {
  readonly loggedIn?: boolean;
  end(farewell: string): void;
}

interface Stranger {
  address: string;
  socket: Socket;
  visitor: Visitor | undefined;
}

/** Keeps the connections of strangers few; one for all servers of a process. */
export class UnauthenticatedLimit {
  private readonly limits: UnauthenticatedLimits;
  private readonly log: Log;
  private readonly exempt: ReadonlySet<string>;
  /** By address and port of the peer, the oldest first. */
  private readonly strangers = new Map<string, Stranger>();
  private readonly byAddress = new Map<string, Set<string>>();
  private readonly noted = new Map<string, number>();

  /** `exempt`: addresses that many people are behind, such as trusted proxies. */
  constructor(log: Log, limits = UNAUTHENTICATED_LIMITS, exempt: ReadonlySet<string> = new Set()) {
    this.log = log;
    this.limits = limits;
    this.exempt = exempt;
  }

  /** Counts the connections of a server from their first byte, before any TLS. */
  watch(server: Server): void {
    server.prependListener('connection', (socket: Socket) => this.arrived(socket));
  }

  /** Says what runs on a connection (with TLS or without), whose login ends its being a stranger. */
  serves(socket: Socket, visitor: Visitor): void {
    const stranger = this.strangers.get(keyOf(socket));
    if (stranger) stranger.visitor = visitor;
  }

  private arrived(socket: Socket): void {
    const address = plainAddress(socket);
    if (this.exempt.has(address)) return;
    if (this.countOf(address) >= this.limits.perAddress) {
      this.note(address);
      return void socket.destroy();
    }
    if (this.limits.refusal !== undefined && this.strangers.size >= this.limits.total)
      return void socket.end(`${this.limits.refusal}\r\n`, () => socket.destroy());
    this.makeRoom();
    const key = keyOf(socket);
    const stranger: Stranger = { address, socket, visitor: undefined };
    this.strangers.set(key, stranger);
    this.byAddress.set(address, (this.byAddress.get(address) ?? new Set()).add(key));
    const timer =
      this.limits.loginMs > 0
        ? setTimeout(() => this.sendAway(key, stranger, 'Too long without a login'), this.limits.loginMs).unref()
        : undefined;
    socket.once('close', () => {
      clearTimeout(timer);
      this.forget(key, stranger);
    });
  }

  /** How many strangers an address has; those who have logged in are none any more. */
  private countOf(address: string): number {
    for (const key of this.byAddress.get(address) ?? []) {
      const stranger = this.strangers.get(key);
      if (stranger?.visitor?.loggedIn) this.forget(key, stranger);
    }
    return this.byAddress.get(address)?.size ?? 0;
  }

  private makeRoom(): void {
    for (const [key, stranger] of this.strangers) {
      if (this.strangers.size < this.limits.total) return;
      this.sendAway(key, stranger, 'Too many connections');
    }
  }

  private sendAway(key: string, stranger: Stranger, farewell: string): void {
    this.forget(key, stranger);
    if (stranger.visitor?.loggedIn) return;
    if (stranger.visitor) stranger.visitor.end(farewell);
    else stranger.socket.destroy();
  }

  private forget(key: string, stranger: Stranger): void {
    if (this.strangers.get(key) !== stranger) return;
    this.strangers.delete(key);
    const keys = this.byAddress.get(stranger.address);
    keys?.delete(key);
    if (keys?.size === 0) this.byAddress.delete(stranger.address);
  }

  private note(address: string): void {
    const now = performance.now();
    if (now - (this.noted.get(address) ?? Number.NEGATIVE_INFINITY) < NOTE_MS) return;
    for (const [each, at] of this.noted) if (now - at >= NOTE_MS) this.noted.delete(each);
    this.noted.set(address, now);
    this.log.warn({ audit: true, from: address }, 'too many connections without a login from one address');
  }
}

const plainAddress = (socket: Socket): string => (socket.remoteAddress ?? 'local').replace(/^::ffff:/, '');

const keyOf = (socket: Socket): string => `${plainAddress(socket)} ${socket.remotePort}`;
