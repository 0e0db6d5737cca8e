import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../shared/platform/clock.ts';
import type { Log } from '../../shared/platform/log.ts';
import type { Peer } from './peer.ts';

// Ids of sessions that nobody has. Most are of clients whose session has ended; who sends many is guessing, and waits for each answer.
// Nobody is shut out: calls for sessions that exist, and logons, are not slowed down, since others may be behind the same address.

/** Calls with unknown ids that an address has within a window before each further one waits. */
const FREE = 50;
const WINDOW_MS = 600_000;
const WAIT_MS = 1000;

/** Addresses that are counted; beyond that the oldest windows go. */
const MAX_ADDRESSES = 10_000;

/** Counts calls for sessions that nobody has, by address. */
export interface SessionGuesses {
  /** Notes one; comes back when it may be answered. */
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
      // Once when it begins, then at each doubling: a flood of guesses is no flood of lines.
      if (Number.isInteger(Math.log2((count - 1) / FREE)))
        log.warn({ audit: true, from: address, count, transport }, 'calls for sessions that nobody has');
      await wait();
    },
  };
}
