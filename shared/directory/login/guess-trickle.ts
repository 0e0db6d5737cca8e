import { BoundedMap } from '../../platform/bounded-map.ts';
import type { Clock } from '../../platform/clock.ts';
import type { BucketSize } from './guess-bucket.ts';

/** The limits of this process while the shared counters are unreachable: for all guesses, and for those at one key. */
const ALL: BucketSize = { burst: 20, refillMs: 200 };
const EACH: BucketSize = { burst: 3, refillMs: 30_000 };

/** Keys that are remembered. An attacker who uses more, to be forgotten, reaches the limit for all guesses first. */
const MAX_KEYS = 10_000;

/** The limits of one process, for as long as the table with the shared counters is unreachable. */
export class GuessTrickle {
  private readonly clock: Clock;
  private all = 0;
  /** When each bucket will be full again. */
  private readonly fullAt = new BoundedMap<string, number>(MAX_KEYS);

  constructor(clock: Clock) {
    this.clock = clock;
  }

  take(key: string): boolean {
    const now = this.clock();
    const own = Math.max(this.fullAt.get(key) ?? 0, now);
    const all = Math.max(this.all, now);
    if (!hasRoom(own, now, EACH) || !hasRoom(all, now, ALL)) return false;
    this.all = all + ALL.refillMs;
    this.fullAt.set(key, own + EACH.refillMs);
    return true;
  }
}

const hasRoom = (fullAt: number, now: number, { burst, refillMs }: BucketSize): boolean =>
  fullAt <= now + (burst - 1) * refillMs;
