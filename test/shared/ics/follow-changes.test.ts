import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FollowContext, followChanges } from '../../../shared/ics/follow-changes.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { Change } from '../../../shared/store/engine/changes.ts';
import type { MapiStore } from '../../../shared/store/stores/stores.ts';

/** The change numbers that the feed has. */
let feed: number[];
vi.mock('../../../shared/store/engine/changes.ts', () => ({
  changesAfter: async (_db: unknown, _store: unknown, after: number) =>
    feed.filter((seq) => seq > after).map((seq) => ({ seq, kind: 0 }) as unknown as Change),
}));

let wakeUp: () => void;
let warnings: unknown[];
const context = {
  store: { db: undefined },
  listener: {
    watch: (_store: unknown, wake: () => void) => {
      wakeUp = wake;
      return () => {};
    },
  },
  log: { warn: (fields: unknown) => warnings.push(fields) },
} as unknown as FollowContext;

beforeEach(() => {
  vi.useFakeTimers();
  feed = [];
  warnings = [];
});
afterEach(() => vi.useRealTimers());

const follow = (look: (seqs: number[]) => Promise<void>) =>
  followChanges(context, { tenant: 3, store: 7, changeSeq: 10 } as unknown as MapiStore, (entries) =>
    look(entries.map(({ seq }) => seq)),
  );

describe('a client that follows the changes of a store', () => {
  it('is notified 2 s later when they could not be read, and the log names the store and the first change', async () => {
    const told: number[][] = [];
    let broken = true;
    const stop = follow(async (seqs) => {
      if (broken) throw new PamojaError('NETWORK_ERROR', 'the database is unreachable');
      told.push(seqs);
    });
    feed = [11, 12];
    wakeUp();
    await vi.advanceTimersByTimeAsync(0);
    expect(warnings).toMatchObject([{ tenant: 3, store: 7, seq: 10 }]);
    broken = false;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(told).toEqual([[11, 12]]);
    wakeUp();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(told).toEqual([[11, 12]]);
    stop();
  });

  it('and stops, or whose session ends, is no longer read for', async () => {
    let looks = 0;
    const stop = follow(async () => {
      looks++;
      throw new PamojaError('END_OF_SESSION', 'the user is gone');
    });
    feed = [11];
    wakeUp();
    await vi.advanceTimersByTimeAsync(10_000);
    wakeUp();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(looks).toBe(1);
    stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(looks).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
