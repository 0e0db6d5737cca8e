import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PamojaError } from '../../mapi/error.ts';
import { BoundedMap } from '../../platform/bounded-map.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { CanonicalLogin } from './canonical-login.ts';
import { networkOf } from './client-network.ts';
import { type BucketSize, GuessBuckets } from './guess-bucket.ts';
import { GuessCounts } from './guess-counts.ts';
import { GuessTrickle } from './guess-trickle.ts';

/** What a guess was: `undecided` when it could not be checked, or was right and let nobody in. */
export type GuessResult = 'right' | 'wrong' | 'undecided';

/** A guess that is being checked, and already counts. */
export interface Guess {
  /** Says what it was. Never throws. */
  settle(verdict: GuessResult): Promise<void>;
}

/** Slows guessing down (decision 20). */
export interface LoginThrottle {
  /**
   * Counts a guess at a login from an address before it is checked; without a login (a token that says itself whose it is) by the network
   * alone. Throws {@link LoginDelayed}.
   */
  reserve(login: CanonicalLogin | undefined, address: string): Promise<Guess>;
}

/** Too many wrong guesses: whoever this is comes again a little later. Says nothing of whether the guess was right. */
export class LoginDelayed extends PamojaError {
  constructor() {
    super('BUSY', 'too many failed logins; try again later');
  }
}

/** How many wrong guesses cost nothing, and how far the pause after each grows, which begins with a second and doubles. */
interface Patience {
  free: number;
  longestMs: number;
  /** So long a pause is waited for here. */
  waitMs: number;
}

/** A client that opens many connections at once has them all. */
const STRANGER: Patience = { free: 10, longestMs: 15 * 60_000, waitMs: 2_000 };

/** From where a user logs on nobody locks them out, whoever guesses there meanwhile: the next turn is a second away, and is waited for. */
const KNOWN: Patience = { free: 20, longestMs: 1_000, waitMs: 8_000 };

/** Wrong guesses of one network at all users together (spraying), and at one user from all networks, both from where the user is not known. */
const NETWORK: BucketSize = { burst: 100, refillMs: 6_000 };
const USER: BucketSize = { burst: 100, refillMs: 120_000 };

/** One that was taken from a bucket of that key and size. */
type Taken = readonly [key: string, size: BucketSize];

/** Tries to write a reservation while others write theirs. */
const ATTEMPTS = 20;

/** A user who has just logged on from a network without a wrong guess before is taken at their word for so long, without the table. */
const TRUST_MS = 5 * 60_000;
const MAX_TRUSTED = 20_000;
/** Guesses at once that such trust covers. */
const MAX_TRUSTED_GUESSES = 4;

/** A refusal is remembered for so long at most, so that whoever is refused again and again costs the table nothing. */
const REMEMBER_MS = 1_000;
const MAX_REFUSED = 10_000;

const pauseAfter = (guesses: number, { free, longestMs }: Patience): number =>
  guesses < free ? 0 : Math.min(1_000 * 2 ** Math.min(guesses - free, 20), longestMs);

/** What the throttle needs of the world. */
export interface ThrottleContext {
  clock: Clock;
  log: Log;
  /** Waits for so many milliseconds. */
  wait?: (ms: number) => Promise<unknown>;
}

/** The throttle in DynamoDB, shared by all tasks. While that is unreachable each task lets a trickle through. */
export const dynamoThrottle = (dynamo: DynamoDBClient, table: string, context: ThrottleContext): LoginThrottle =>
  new DynamoThrottle(dynamo, table, context);

class DynamoThrottle implements LoginThrottle {
  private readonly counts: GuessCounts;
  private readonly buckets: GuessBuckets;
  private readonly trickle: GuessTrickle;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly wait: (ms: number) => Promise<unknown>;
  private readonly trusted = new BoundedMap<string, { until: number; guesses: number }>(MAX_TRUSTED);
  /** Until when a key is refused without a look. */
  private readonly refused = new BoundedMap<string, number>(MAX_REFUSED);

  constructor(dynamo: DynamoDBClient, table: string, { clock, log, wait }: ThrottleContext) {
    this.counts = new GuessCounts(dynamo, table, clock);
    this.buckets = new GuessBuckets(dynamo, table, clock);
    this.trickle = new GuessTrickle(clock);
    this.clock = clock;
    this.log = log;
    this.wait = wait ?? sleep;
  }

  async reserve(login: CanonicalLogin | undefined, address: string): Promise<Guess> {
    const network = networkOf(address);
    const bucket = `guesses#network#${network}`;
    // A login has no control characters and a network no #: what stands before the last # is the login.
    const pair = login === undefined ? undefined : `guesses#login#${login}#${network}`;
    const trusted = pair === undefined ? undefined : this.onTrust(pair);
    if (trusted) return trusted;
    try {
      if (pair !== undefined) return await this.reservePair(pair, `guesses#user#${login}`, bucket);
      await this.takeFrom(bucket, NETWORK);
      return this.guessOf(async (verdict) => {
        if (verdict !== 'wrong') await this.giveBack([[bucket, NETWORK]]);
      });
    } catch (error) {
      if (error instanceof LoginDelayed) throw error;
      this.unreachable(error);
      if (!this.trickle.take(pair ?? bucket)) throw new LoginDelayed();
      return { settle: async () => {} };
    }
  }

  private async reservePair(pair: string, user: string, network: string): Promise<Guess> {
    const taken: Taken[] = [];
    try {
      return await this.reserveTaking(taken, pair, user, network);
    } catch (error) {
      // A guess that is refused is not checked, so it is no wrong one.
      await this.giveBack(taken).catch((failure: unknown) => this.unreachable(failure));
      throw error;
    }
  }

  /** Notes in `taken` what it takes from buckets, whether it throws or not. */
  private async reserveTaking(taken: Taken[], pair: string, user: string, network: string): Promise<Guess> {
    // Guesses at the same moment write one after the other: each is decided on what the one before has left.
    for (let attempt = 0, waitedMs = 0; attempt < ATTEMPTS; attempt++) {
      this.checkRefused(pair);
      const now = this.clock();
      const count = await this.counts.read(pair);
      const known = count.knownUntil > now;
      const pauseMs = count.nextAt - now;
      if (pauseMs > 0) {
        const { waitMs } = known ? KNOWN : STRANGER;
        // Nobody is refused without a look from where the user is known: the next may be the user.
        if (waitedMs + pauseMs > waitMs) throw known ? new LoginDelayed() : this.refuse(pair, pauseMs);
        waitedMs += pauseMs;
        // Not all that wait at the same moment: each has its turn some time.
        await this.wait(pauseMs + (known ? Math.random() * 50 : 0));
        continue;
      }
      if (!known && taken.length === 0) {
        for (const [key, size] of [
          [network, NETWORK],
          [user, USER],
        ] as const) {
          await this.takeFrom(key, size);
          taken.push([key, size]);
        }
      }
      const patience = known ? KNOWN : STRANGER;
      const pause = pauseAfter(count.guesses + 1, patience);
      const reserved =
        (pause === 0 && count.seen !== undefined && (await this.counts.reserveBelow(pair, count, patience.free - 1))) ||
        (await this.counts.reserve(pair, count, pause === 0 ? 0 : now + pause, count.seen));
      if (reserved)
        return this.guessOf(async (verdict) => {
          if (verdict === 'wrong') return;
          if (verdict === 'right' && count.guesses === 0) this.trust(pair);
          await this.counts.release(pair, verdict === 'right');
          await this.giveBack(taken);
        });
      await this.wait(Math.random() * 20);
    }
    throw new LoginDelayed();
  }

  /** Takes one from a bucket. Throws {@link LoginDelayed} when it is empty. */
  private async takeFrom(key: string, size: BucketSize): Promise<void> {
    this.checkRefused(key);
    if (!(await this.buckets.take(key, size))) throw this.refuse(key, size.refillMs);
  }

  private async giveBack(taken: readonly Taken[]): Promise<void> {
    for (const [key, size] of taken) await this.buckets.giveBack(key, size);
  }

  private refuse(key: string, pauseMs: number): LoginDelayed {
    this.refused.set(key, this.clock() + Math.min(pauseMs, REMEMBER_MS));
    return new LoginDelayed();
  }

  private checkRefused(key: string): void {
    const until = this.refused.get(key);
    if (until === undefined) return;
    if (until > this.clock()) throw new LoginDelayed();
    this.refused.delete(key);
  }

  /** A guess at what is trusted; a wrong one ends the trust, and counts. */
  private onTrust(pair: string): Guess | undefined {
    const trust = this.trusted.get(pair);
    if (!trust) return undefined;
    if (trust.until <= this.clock()) this.trusted.delete(pair);
    if (trust.until <= this.clock() || trust.guesses >= MAX_TRUSTED_GUESSES) return undefined;
    trust.guesses++;
    return this.guessOf(async (verdict) => {
      trust.guesses--;
      if (verdict !== 'wrong') return;
      this.trusted.delete(pair);
      await this.counts.add(pair);
    });
  }

  private trust(pair: string): void {
    this.trusted.set(pair, { until: this.clock() + TRUST_MS, guesses: 0 });
  }

  private guessOf(settle: (verdict: GuessResult) => Promise<void>): Guess {
    return { settle: (verdict) => settle(verdict).catch((error: unknown) => this.unreachable(error)) };
  }

  private unreachable(error: unknown): void {
    this.log.warn({ error: String(error) }, 'the login throttle cannot reach its table; this task counts by itself');
  }
}
