import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { logonRequest } from '../../../scripts/clients/soap-client.ts';
import type { ServerContext } from '../../../services/store-server/context.ts';
import { logon } from '../../../services/store-server/logon.ts';
import type { Peer } from '../../../services/store-server/peer.ts';
import { Sessions } from '../../../services/store-server/session.ts';
import type { OpenAccount } from '../../../shared/directory/login/account-watch.ts';
import { silentLog } from '../../../shared/platform/log.ts';

// Users come from a table instead of a database: `anna` is user 1, `boss` is user 2 and may impersonate all.
const USERS: Record<string, number> = { anna: 1, boss: 2 };
vi.mock('../../../shared/directory/entries/entries.ts', async (original) => ({
  ...(await original<object>()),
  findUser: async (_db: unknown, _scope: unknown, key: { id: number } | { name: string }) => {
    const id = 'name' in key ? USERS[key.name] : key.id;
    return { tenant: 1, id, name: Object.keys(USERS).find((name) => USERS[name] === id) };
  },
}));
vi.mock('../../../shared/directory/login/account-watch.ts', async (original) => ({
  ...(await original<object>()),
  openAccountOf: async (_db: unknown, user: number) => ({ tenant: 1, user }),
}));
vi.mock('../../../shared/access/may-administer.ts', async (original) => ({
  ...(await original<object>()),
  mayAdminister: async () => true,
}));
vi.mock('../../../shared/access/caller.ts', async (original) => ({
  ...(await original<object>()),
  callerOf: async (_context: unknown, { id, name }: { id: number; name: string }, accounts: OpenAccount[]) => ({
    system: false,
    tenant: 1,
    user: id,
    login: name,
    administers: [1],
    accounts,
  }),
}));

const local: Peer = { address: 'socket', transport: 'socket', trusted: true, loopback: true };

let sessions: Sessions;
let watched: Map<number, () => void>;
let context: ServerContext;

beforeEach(() => {
  let next = 1n;
  sessions = new Sessions(
    () => 0,
    () => next++,
    () => {},
  );
  watched = new Map();
  context = {
    log: silentLog,
    store: { db: undefined, options: {}, clock: () => 0 },
    sessions,
    accounts: {
      watch: ({ user }: OpenAccount, end: () => void) => {
        watched.set(user, end);
        return () => void watched.delete(user);
      },
    },
    logonTimes: { loggedOn: () => {} },
    serverGuid: Buffer.alloc(16),
  } as unknown as ServerContext;
});
afterEach(() => sessions.closeAll());

async function logOn(user: string, impersonated = '') {
  const request = { ...logonRequest(user, ''), szImpersonateUser: impersonated } as Parameters<typeof logon>[1];
  const { ulSessionId = 0n } = await logon(context, request, local);
  return sessions.get(ulSessionId, 'socket');
}

describe('a session', () => {
  it('ends as soon as the account of its user has changed, and a waiting call is answered so', async () => {
    const session = await logOn('anna');
    const refused = expect(session.group.take(session, new AbortController().signal)).rejects.toMatchObject({
      code: 'END_OF_SESSION',
    });
    watched.get(1)?.();
    await refused;
    expect(() => sessions.get(session.id, 'socket')).toThrow('the session is over');
    expect(watched.size).toBe(0);
  });

  it.each([1, 2])('that acts for somebody ends when either account has changed (user %i)', async (changed) => {
    const session = await logOn('boss', 'anna');
    expect([...watched.keys()].sort()).toEqual([1, 2]);
    expect(session.caller.user).toBe(1);
    watched.get(changed)?.();
    expect(session.ended).toBe(true);
    expect(watched.size).toBe(0);
  });

  it('stays when the account of another user has changed', async () => {
    const [session, other] = [await logOn('anna'), await logOn('boss')];
    watched.get(2)?.();
    expect([session.ended, other.ended]).toEqual([false, true]);
  });
});
