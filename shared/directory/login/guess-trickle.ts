import { BoundedMap } from '../../platform/bounded-map.ts';
import type { Clock } from '../../platform/clock.ts';
import type { BucketSize } from './guess-bucket.ts';

/** Of all guesses that this process lets through while the shared counters are unreachable, and of those at one key. */
const ALL: BucketSize = { burst: 20, refillMs: 200 };
const EACH: BucketSize = { burst: 3, refillMs: 30_000 };

/** Keys that are remembered. Whoever names more to be forgotten meets the bound over all of them first. */
const MAX_KEYS = 10_000;

/** The bound of one process by itself, for as long as the table with the shared counters cannot be reached. */
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
