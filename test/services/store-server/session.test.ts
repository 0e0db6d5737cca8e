import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  SESSION_TIMEOUT_MS,
  SessionGroup,
  type SessionOpening,
  Sessions,
  type SoapSession,
} from '../../../services/store-server/session.ts';
import { simpleTable } from '../../../services/store-server/tables/bag-row.ts';
import { Table } from '../../../services/store-server/tables/table.ts';
import type { Caller } from '../../../shared/access/caller.ts';
import type { Notification } from '../../../shared/protocol/soap/interface.ts';

const caller = (user: number, tenant = 1) => ({ system: false, tenant, user }) as Caller;
const opening = (more: Partial<SessionOpening> = {}): SessionOpening => ({
  caller: caller(1),
  groupId: 0n,
  capabilities: 0,
  transport: 'tls',
  ...more,
});

let sessions: Sessions;
let ended: { id: bigint; timedOut: boolean }[];
let ids: bigint[];

beforeEach(() => {
  vi.useFakeTimers();
  ended = [];
  ids = [];
  let next = 100n;
  const onEnd = ({ id }: SoapSession, timedOut: boolean) => void ended.push({ id, timedOut });
  sessions = new Sessions(
    () => Date.now(),
    () => ids.shift() ?? next++,
    onEnd,
  );
});
afterEach(() => {
  sessions.closeAll();
  vi.useRealTimers();
});

describe('a session', () => {
  it('is found by its id, also by a client that holds the id as a signed number', () => {
    ids = [1n << 63n];
    const session = sessions.open(opening());
    expect(sessions.get(-(1n << 63n), 'tls')).toBe(session);
    expect(session.requests).toBe(1);
  });

  it('never gets the id of one that is open', () => {
    ids = [7n, 7n, 7n, 8n];
    expect([sessions.open(opening()).id, sessions.open(opening()).id]).toEqual([7n, 8n]);
  });

  it('ends five minutes after the last call of its client', () => {
    const { id } = sessions.open(opening());
    vi.advanceTimersByTime(SESSION_TIMEOUT_MS - 10_000);
    sessions.get(id, 'tls');
    vi.advanceTimersByTime(SESSION_TIMEOUT_MS);
    expect(sessions.size).toBe(1);
    vi.advanceTimersByTime(20_000);
    expect(ended).toEqual([{ id, timedOut: true }]);
    expect(() => sessions.get(id, 'tls')).toThrow('the session is over');
  });

  it('is kept alive only by calls of its client', () => {
    const { id } = sessions.open(opening());
    for (let waited = 0; waited <= SESSION_TIMEOUT_MS + 10_000; waited += 10_000) {
      sessions.find(id, 'tls');
      vi.advanceTimersByTime(10_000);
    }
    expect(sessions.size).toBe(0);
  });

  it('lives while its client listens for another session of the same group', () => {
    const first = sessions.open(opening({ groupId: 5n }));
    const second = sessions.open(opening({ groupId: 5n }));
    for (let waited = 0; waited < 2 * SESSION_TIMEOUT_MS; waited += 60_000) {
      sessions.get(first.id, 'tls');
      vi.advanceTimersByTime(60_000);
    }
    expect(sessions.find(second.id, 'tls')).toBe(second);
  });

  it('that is closed is reported once, stops watching its account, and closes its tables', async () => {
    const session = sessions.open(opening());
    const stop = vi.fn();
    session.addWatch(stop);
    const id = session.addTable(new Table(simpleTable([], async () => [])));
    sessions.close(session);
    sessions.close(session);
    expect(ended).toEqual([{ id: session.id, timedOut: false }]);
    expect(stop).toHaveBeenCalledTimes(1);
    expect(() => session.table(id)).toThrow('no such table');
    expect(sessions.find(session.id, 'tls')).toBeUndefined();
  });

  it('ends with the task', () => {
    sessions.open(opening());
    sessions.open(opening());
    sessions.closeAll();
    expect([sessions.size, ended.length, vi.getTimerCount()]).toEqual([0, 2, 0]);
  });
});

describe('the tables of a session', () => {
  const empty = () => new Table(simpleTable([], async () => []));

  it('are 500 at most, until the client closes some', () => {
    const session = sessions.open(opening());
    const numbers = Array.from({ length: 500 }, () => session.addTable(empty()));
    expect(() => session.addTable(empty())).toThrow('too many tables are open');
    session.tables.delete(numbers[0] ?? 0);
    expect(numbers).not.toContain(session.addTable(empty()));
  });

  it('give up the rows that they have read, but for the 16 used last', () => {
    const session = sessions.open(opening());
    const tables = Array.from({ length: 20 }, empty);
    const forgets = tables.map((table) => vi.spyOn(table, 'forget'));
    const numbers = tables.map((table) => session.addTable(table));
    session.table(numbers[0] ?? 0);
    expect(forgets.map((forget) => forget.mock.calls.length).slice(0, 6)).toEqual([0, 1, 1, 1, 1, 0]);
  });
});

const event = (ulConnection: number): Notification => ({ ulConnection, ulEventType: 4 });
const never = () => new AbortController().signal;

describe('sessions of one group', () => {
  it('share their notifications when they belong to one user on one transport', () => {
    const first = sessions.open(opening({ groupId: 5n }));
    expect(sessions.open(opening({ groupId: 5n })).group).toBe(first.group);
    for (const other of [
      opening(),
      opening({ groupId: 6n }),
      opening({ groupId: 5n, transport: 'plain' }),
      opening({ groupId: 5n, caller: caller(2) }),
      opening({ groupId: 5n, caller: caller(1, 2) }),
      opening({ groupId: 5n, caller: { ...caller(1), system: true } }),
    ])
      expect(sessions.open(other).group).not.toBe(first.group);
  });

  it('keep their subscriptions until the last of them ends', () => {
    const [first, second] = [sessions.open(opening({ groupId: 5n })), sessions.open(opening({ groupId: 5n }))];
    const close = vi.fn();
    first.group.subscriptions.set(1, { connection: 1, key: Buffer.alloc(0), mask: 0, sync: undefined, close });
    sessions.close(first);
    expect(close).not.toHaveBeenCalled();
    sessions.close(second);
    expect(close).toHaveBeenCalledTimes(1);
    expect(sessions.open(opening({ groupId: 5n })).group).not.toBe(first.group);
  });
});

describe('a client that listens', () => {
  let session: SoapSession;
  beforeEach(() => {
    session = sessions.open(opening());
  });

  it('gets waiting notifications at once', async () => {
    session.group.notify(event(1));
    session.group.notify(event(2));
    expect(await session.group.take(session, never())).toEqual([event(1), event(2)]);
  });

  it('waits for a notification, and is answered empty after a minute', async () => {
    const told = session.group.take(session, never());
    session.group.notify(event(1));
    expect(await told).toEqual([event(1)]);
    const nothing = session.group.take(session, never());
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await nothing).toEqual([]);
  });

  it('is answered END_OF_SESSION as soon as its session ends', async () => {
    const refused = expect(session.group.take(session, never())).rejects.toMatchObject({ code: 'END_OF_SESSION' });
    sessions.close(session);
    await refused;
  });

  it('gives way to another call that listens for the same group', async () => {
    const first = session.group.take(session, never());
    const second = session.group.take(session, never());
    expect(await first).toEqual([]);
    session.group.notify(event(3));
    expect(await second).toEqual([event(3)]);
  });

  it('leaves nothing behind when its connection is gone', async () => {
    const gone = new AbortController();
    const timers = vi.getTimerCount();
    const told = session.group.take(session, gone.signal);
    gone.abort();
    expect(await told).toEqual([]);
    expect(vi.getTimerCount()).toBe(timers);
  });

  it('gets no notifications of ended subscriptions, and loses the oldest of more than 10,000', async () => {
    const group = new SessionGroup();
    const close = vi.fn();
    group.subscriptions.set(1, { connection: 1, key: Buffer.alloc(0), mask: 0, sync: undefined, close });
    group.notify(event(1));
    group.notify(event(2));
    group.unsubscribe(1);
    expect(close).toHaveBeenCalledTimes(1);
    expect(await group.take(session, never())).toEqual([event(2)]);
    for (let i = 0; i <= 10_000; i++) group.notify(event(i));
    const kept = await group.take(session, never());
    expect([kept.length, kept[0]?.ulConnection]).toEqual([10_000, 1]);
  });
});
