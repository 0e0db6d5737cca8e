import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../shared/platform/clock.ts';
import type { Log } from '../../shared/platform/log.ts';
import type { Peer } from './peer.ts';

// Counts calls with session ids that no task has made. Most come from clients whose session has ended; an address that sends many is guessing, and
// waits for each answer. Calls for existing sessions and logons are not slowed down, since other clients may be behind the same address.

/** Calls with unknown ids that an address may make within a window before each further one has to wait. */
const FREE = 50;
const WINDOW_MS = 600_000;
const WAIT_MS = 1000;

/** The most addresses that are counted; the oldest windows are dropped. */
const MAX_ADDRESSES = 10_000;

/** Counts calls with unknown session ids, by address. */
export interface SessionGuesses {
  /** Counts one call; resolves when it may be answered. */
  guessed(peer: Peer): Promise<void>;
}

export function countSessionGuesses(
  clock: Clock,
  log: Log,
  wait: () => Promise<unknown> = () => sleep(WAIT_MS),
): SessionGuesses {
  const windows = new Map<string, { since: number; count: number }>();
  const countOf = (address: string): number => {
    const known = windows.get(address);
    const window = known && clock() - known.since < WINDOW_MS ? known : { since: clock(), count: 0 };
    window.count++;
    windows.delete(address);
    windows.set(address, window);
    for (const oldest of windows.keys()) {
      if (windows.size <= MAX_ADDRESSES) break;
      windows.delete(oldest);
    }
    return window.count;
  };
  return {
    async guessed({ address, transport }) {
      if (transport === 'socket') return;
      const count = countOf(address);
      if (count <= FREE) return;
      // The log gets a line at the limit, then at each doubling, so that a flood of guesses does not flood it.
      if (Number.isInteger(Math.log2((count - 1) / FREE)))
        log.warn({ audit: true, from: address, count, transport }, 'calls with session ids that no task has issued');
      await wait();
    },
  };
}
