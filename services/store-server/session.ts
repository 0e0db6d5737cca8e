import type { Caller } from '../../shared/access/caller.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import type { Notification } from '../../shared/protocol/soap/interface.ts';
import type { SoapTransport } from './peer.ts';
import type { Table } from './tables/table.ts';

/** A subscription of a client. */
export interface Subscription {
  connection: number;
  /** An entry id, a table's id, or nothing for a synchronisation. */
  key: Buffer;
  mask: number;
  sync: { id: number; changeId: number } | undefined;
  close: () => void;
}

/** How long a session lives without a call. */
export const SESSION_TIMEOUT_MS = 300_000;

/** The most notifications that wait for a client to fetch them; the oldest are dropped. */
const MAX_WAITING = 10_000;

/** How long `notifyGetItems` waits before it answers that there are no notifications. */
const LONG_POLL_MS = 60_000;

/** The parameters of a new session. */
export interface SessionOpening {
  caller: Caller;
  groupId: bigint;
  /** Capabilities of the client. */
  capabilities: number;
  transport: SoapTransport;
}

/** The most open tables of a session; a mail client has some dozens. */
const MAX_TABLES = 500;

/** How many tables of a session keep the rows that they have read: those used last. */
const TABLES_WITH_ROWS = 16;

/** One logon of a client. Sessions with the same group share their notifications: a client has one of them listen for all. */
export class SoapSession {
  readonly id: bigint;
  readonly caller: Caller;
  readonly group: SessionGroup;
  readonly tables = new Map<number, Table>();
  /** Capabilities of the client. */
  readonly capabilities: number;
  readonly groupId: bigint;
  /** The transport on which the session was opened; calls on another transport do not find the session. */
  readonly transport: SoapTransport;
  address = '';
  client = '';
  clientVersion = '';
  clientMisc = '';
  requests = 0;
  /** When the user's own password was checked for the session; undefined for SYSTEM, impersonation and trusted programs, which give none. */
  passwordAt: number | undefined;
  /** Stop watching the accounts that the session depends on. */
  private watches: (() => void)[] = [];
  private nextTable = 1;
  lastUsed: number;
  ended = false;

  constructor(id: bigint, group: SessionGroup, opening: SessionOpening, now: number) {
    this.id = id;
    this.group = group;
    this.caller = opening.caller;
    this.groupId = opening.groupId;
    this.capabilities = opening.capabilities;
    this.transport = opening.transport;
    this.lastUsed = now;
  }

  /** Keeps the watch of an account until the session ends. `stop` ends the watch. */
  addWatch(stop: () => void): void {
    this.watches.push(stop);
  }

  /** Adds an open table. Throws NOT_ENOUGH_MEMORY when the client has too many open. */
  addTable(table: Table): number {
    if (this.tables.size >= MAX_TABLES) throw new PamojaError('NOT_ENOUGH_MEMORY', 'too many tables are open');
    const id = this.nextTable++;
    this.tables.set(id, table);
    return id;
  }

  table(id: number): Table {
    const table = this.tables.get(id);
    if (!table) throw new PamojaError('NOT_FOUND', 'no such table');
    this.tables.delete(id);
    this.tables.set(id, table);
    let others = this.tables.size - TABLES_WITH_ROWS;
    for (const each of this.tables.values()) {
      if (others-- <= 0) break;
      each.forget();
    }
    return table;
  }

  end(): void {
    this.ended = true;
    for (const stop of this.watches) stop();
    this.watches = [];
    for (const table of this.tables.values()) table.close();
    this.tables.clear();
    this.group.leave(this);
  }
}

/** What the sessions of one client share: subscriptions and notifications. */
export class SessionGroup {
  readonly sessions = new Set<SoapSession>();
  readonly subscriptions = new Map<number, Subscription>();
  private waiting: Notification[] = [];
  private wake: (() => void) | undefined;

  leave(session: SoapSession): void {
    this.sessions.delete(session);
    this.wake?.();
    if (this.sessions.size > 0) return;
    for (const subscription of this.subscriptions.values()) subscription.close();
    this.subscriptions.clear();
  }

  notify(notification: Notification): void {
    this.waiting.push(notification);
    if (this.waiting.length > MAX_WAITING) this.waiting.shift();
    this.wake?.();
  }

  unsubscribe(connection: number): void {
    this.subscriptions.get(connection)?.close();
    this.subscriptions.delete(connection);
    this.waiting = this.waiting.filter(({ ulConnection }) => ulConnection !== connection);
  }

  /** Takes the waiting notifications. Without any, waits for one, at most until `waitMs` are over, the client disconnects or the session ends. */
  async take(session: SoapSession, signal: AbortSignal, waitMs = LONG_POLL_MS): Promise<Notification[]> {
    if (this.waiting.length === 0 && !session.ended && !signal.aborted)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, waitMs);
        const group = this;
        function done(): void {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          group.wake = undefined;
          resolve();
        }
        // One session of a group listens at a time: a new listener ends the wait of the last one.
        this.wake?.();
        this.wake = done;
        signal.addEventListener('abort', done);
      });
    if (session.ended) throw new PamojaError('END_OF_SESSION', 'the session is over');
    const items = this.waiting;
    this.waiting = [];
    return items;
  }
}

/** The sessions of this task. An id says which task made it (DESIGN decision 9). */
export class Sessions {
  private readonly sessions = new Map<bigint, SoapSession>();
  private readonly groups = new Map<string, SessionGroup>();
  private readonly clock: () => number;
  private readonly makeId: () => bigint;
  private readonly onEnd: (session: SoapSession, timedOut: boolean) => void;
  private readonly timer: NodeJS.Timeout;

  constructor(clock: () => number, makeId: () => bigint, onEnd: (session: SoapSession, timedOut: boolean) => void) {
    this.clock = clock;
    this.makeId = makeId;
    this.onEnd = onEnd;
    this.timer = setInterval(() => this.expire(), 10_000);
    this.timer.unref();
  }

  open(opening: SessionOpening): SoapSession {
    const { caller, groupId, transport } = opening;
    const id = this.makeId();
    if (this.sessions.has(id)) return this.open(opening);
    // A group belongs to one client: another client that sends the same group id gets a group of its own.
    const key =
      groupId === 0n ? `own ${id}` : `${groupId} ${transport} ${caller.system} ${caller.tenant} ${caller.user}`;
    const group = this.groups.get(key) ?? new SessionGroup();
    this.groups.set(key, group);
    const session = new SoapSession(id, group, opening, this.clock());
    group.sessions.add(session);
    this.sessions.set(id, session);
    return session;
  }

  /** Finds a session that was opened on that transport and has not ended. */
  find(id: bigint, transport: SoapTransport): SoapSession | undefined {
    const session = this.sessions.get(BigInt.asUintN(64, id));
    return session && !session.ended && session.transport === transport ? session : undefined;
  }

  /** Finds a session, and records its use. Throws END_OF_SESSION for one that has ended, was never opened, or was opened on another transport. */
  get(id: bigint, transport: SoapTransport): SoapSession {
    const session = this.find(id, transport);
    if (!session) throw new PamojaError('END_OF_SESSION', 'the session is over');
    session.lastUsed = this.clock();
    session.requests++;
    return session;
  }

  close(session: SoapSession): void {
    if (session.ended) return;
    this.end(session);
    this.forgetGroups();
  }

  closeAll(): void {
    clearInterval(this.timer);
    for (const session of this.sessions.values()) this.end(session);
  }

  private end(session: SoapSession, timedOut = false): void {
    session.end();
    this.sessions.delete(session.id);
    this.onEnd(session, timedOut);
  }

  get size(): number {
    return this.sessions.size;
  }

  list(): SoapSession[] {
    return [...this.sessions.values()];
  }

  private expire(): void {
    const before = this.clock() - SESSION_TIMEOUT_MS;
    for (const session of this.sessions.values()) {
      // A call in one session of a group keeps all of its sessions alive.
      const used = Math.max(...[...session.group.sessions].map(({ lastUsed }) => lastUsed));
      if (used >= before) continue;
      this.end(session, true);
    }
    this.forgetGroups();
  }

  private forgetGroups(): void {
    for (const [key, group] of this.groups) if (group.sessions.size === 0) this.groups.delete(key);
  }
}
