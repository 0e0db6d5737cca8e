import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Caller, callerOf, refreshCaller, systemCaller } from '../../../shared/access/caller.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { TenantId, UserId } from '../../../shared/store/engine/ids.ts';

const standingOf = vi.hoisted(() => vi.fn());
vi.mock('../../../shared/directory/entries/entries.ts', () => ({ standingOf }));

let now: number;
const context = (hosted = true) =>
  ({ db: undefined, clock: () => now, options: { enable_hosted_kopano: hosted } }) as unknown as Parameters<
    typeof callerOf
  >[0];

const user = { tenant: 1, id: 2, guid: Buffer.alloc(16, 7), name: 'anna', adminLevel: 0 };
const standing = (more: object = {}) => ({ user, administers: [], sees: [1, 4], groups: [0, 5], ...more });
const read = (hosted?: boolean): Promise<Caller> =>
  callerOf(context(hosted), { tenant: 1 as TenantId, id: 2 as UserId }, []);

beforeEach(() => {
  now = 100_000;
  standingOf.mockReset();
});

describe('a caller', () => {
  it('sees the tenants that allow it, and the tenants that it administers', async () => {
    standingOf.mockResolvedValueOnce(standing({ administers: [9] }));
    expect(await read()).toMatchObject({ scope: [1, 4, 9], administers: [9], groups: [0, 5], system: false });
  });

  it('sees its own tenant alone on a server with one', async () => {
    standingOf.mockResolvedValueOnce(standing());
    expect((await read(false)).scope).toEqual([1]);
  });

  it('that administers the system sees all tenants', async () => {
    standingOf.mockResolvedValueOnce(standing({ user: { ...user, adminLevel: 2 } }));
    expect(await read()).toMatchObject({ scope: 'all', administers: 'all' });
  });
});

describe('the groups and tenants of a caller', () => {
  const caller = async (): Promise<Caller> => {
    standingOf.mockResolvedValueOnce(standing());
    const found = await read();
    standingOf.mockReset();
    return found;
  };

  it('are read again after 4 s, and not before', async () => {
    const anna = await caller();
    now += 3_999;
    await refreshCaller(context(), anna);
    expect(standingOf).not.toHaveBeenCalled();
    now += 1;
    standingOf.mockResolvedValueOnce(standing({ groups: [0], sees: [1] }));
    await refreshCaller(context(), anna);
    expect(anna).toMatchObject({ groups: [0], scope: [1], readAt: now });
  });

  it('are read again by the next call after an error', async () => {
    const anna = await caller();
    now += 10_000;
    standingOf.mockRejectedValueOnce(new Error('the database is unreachable'));
    await expect(refreshCaller(context(), anna)).rejects.toThrow('unreachable');
    standingOf.mockResolvedValueOnce(standing({ groups: [0] }));
    await refreshCaller(context(), anna);
    expect(anna.groups).toEqual([0]);
  });

  it('are waited for by all calls, and read once for them', async () => {
    const anna = await caller();
    now += 10_000;
    let answer: (fresh: unknown) => void = () => {};
    standingOf.mockReturnValueOnce(
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    const seen = [1, 2].map(() => refreshCaller(context(), anna).then(() => anna.groups));
    answer(standing({ groups: [0] }));
    expect(await Promise.all(seen)).toEqual([[0], [0]]);
    expect(standingOf).toHaveBeenCalledTimes(1);
  });

  it('end the session of a user who was deleted', async () => {
    const anna = await caller();
    now += 10_000;
    standingOf.mockRejectedValueOnce(new PamojaError('NOT_FOUND', 'no such user'));
    await expect(refreshCaller(context(), anna)).rejects.toMatchObject({ code: 'END_OF_SESSION' });
  });

  it('are not read for SYSTEM', async () => {
    await refreshCaller(context(), systemCaller(0 as TenantId));
    expect(standingOf).not.toHaveBeenCalled();
  });
});
