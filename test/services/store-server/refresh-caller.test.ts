import { describe, expect, it, vi } from 'vitest';
import type { ServerContext } from '../../../services/store-server/context.ts';
import { refreshCaller } from '../../../services/store-server/refresh-caller.ts';
import type { Session } from '../../../services/store-server/session.ts';

const callerOf = vi.hoisted(() => vi.fn());
vi.mock('../../../services/store-server/logon.ts', () => ({ callerOf }));

const context = { store: { clock: () => 100_000 } } as unknown as ServerContext;
const newSession = () =>
  ({ refreshedAt: 0, caller: { system: false, tenant: 1, user: 2, groups: [5], accounts: [] } }) as unknown as Session;

describe('what a session knows of its user', () => {
  it('is read again by the next call where it could not be read', async () => {
    const session = newSession();
    callerOf.mockRejectedValueOnce(new Error('the database is away'));
    await expect(refreshCaller(context, session)).rejects.toThrow('away');
    callerOf.mockResolvedValueOnce({ scope: [1], administers: [], groups: [] });
    await refreshCaller(context, session);
    expect(session.caller.groups).toEqual([]);
  });

  it('is waited for by all calls, and read once for them', async () => {
    const session = newSession();
    callerOf.mockClear();
    let answer: (fresh: unknown) => void = () => {};
    callerOf.mockReturnValueOnce(
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    const seen = [1, 2].map(() => refreshCaller(context, session).then(() => session.caller.groups));
    answer({ scope: [1], administers: [], groups: [] });
    expect(await Promise.all(seen)).toEqual([[], []]);
    expect(callerOf).toHaveBeenCalledTimes(1);
  });
});
