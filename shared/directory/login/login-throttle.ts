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

/** The result of a guess; `undecided`: it could not be checked, or was right and did not log the user in. */
export type GuessResult = 'right' | 'wrong' | 'undecided';

/** A guess that is counted and being checked. */
export interface Guess {
  /** Reports the result. Never throws. */
  settle(verdict: GuessResult): Promise<void>;
}

/** Limits the rate of guesses at passwords (decision 20). */
export interface LoginThrottle {
  /**
   * Counts a guess at a login from an address before it is checked; without a login (a token that names its user) by the network
   * alone. Throws {@link LoginDelayed}.
   */
  reserve(login: CanonicalLogin | undefined, address: string): Promise<Guess>;
}

/** There were too many wrong guesses, and the client must wait. Thrown without checking whether the guess was right. */
export class LoginDelayed extends PamojaError {
  constructor() {
    super('BUSY', 'too many failed logins; try again later');
  }
}

/** The number of wrong guesses without a pause, and the longest pause; pauses begin with one second and double. */
interface Patience {
  free: number;
  longestMs: number;
  /** A pause up to this length is waited for here; a longer one is refused. */
  waitMs: number;
}

/** Networks where the user is not known. Mail clients open many connections at once, all of them with an outdated password. */
const STRANGER: Patience = { free: 10, longestMs: 15 * 60_000, waitMs: 2_000 };

/** Networks where the user is known: guesses of others from there do not lock the user out, since a pause is one second and waited for. */
const KNOWN: Patience = { free: 20, longestMs: 1_000, waitMs: 8_000 };

/** Wrong guesses from one network at all users (password spraying), and at one user from all networks where the user is not known. */
const NETWORK: BucketSize = { burst: 100, refillMs: 6_000 };
const USER: BucketSize = { burst: 100, refillMs: 120_000 };

/** A token taken from a bucket. */
type Taken = readonly [key: string, size: BucketSize];

/** Attempts to write a reservation while other tasks write theirs. */
const ATTEMPTS = 20;

/** After a login without a wrong guess before it, this long no further guess from the network is recorded in the table. */
const TRUST_MS = 5 * 60_000;
const MAX_TRUSTED = 20_000;
/** Concurrent guesses that such trust covers. */
const MAX_TRUSTED_GUESSES = 4;

/** A refusal is remembered for this long at most, so that repeated guesses are refused without a round trip. */
const REMEMBER_MS = 1_000;
const MAX_REFUSED = 10_000;

const pauseAfter = (guesses: number, { free, longestMs }: Patience): number =>
  guesses < free ? 0 : Math.min(1_000 * 2 ** Math.min(guesses - free, 20), longestMs);

/** What the throttle depends on. */
export interface ThrottleContext {
  clock: Clock;
  log: Log;
  /** Waits for so many milliseconds. */
  wait?: (ms: number) => Promise<unknown>;
}

/** The throttle in DynamoDB, shared by all tasks. While the table is unreachable each task allows a small rate by itself. */
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
  /** The time until which guesses at a key are refused without a round trip. */
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
    // A network contains no #, so that the key is unambiguous: the login ends at the last #.
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
      // A refused guess is not checked, so that it does not count as wrong.
      await this.giveBack(taken).catch((failure: unknown) => this.unreachable(failure));
      throw error;
    }
  }

  /** Adds every token that it takes to `taken`, whether it throws or not. */
  private async reserveTaking(taken: Taken[], pair: string, user: string, network: string): Promise<Guess> {
    // Concurrent guesses write one after the other: each is decided on the state that the one before has left.
    for (let attempt = 0, waitedMs = 0; attempt < ATTEMPTS; attempt++) {
      this.checkRefused(pair);
      const now = this.clock();
      const count = await this.counts.read(pair);
      const known = count.knownUntil > now;
      const pauseMs = count.nextAt - now;
      if (pauseMs > 0) {
        const { waitMs } = known ? KNOWN : STRANGER;
        // Not remembered for a known network: the next guess from there may be the user's.
        if (waitedMs + pauseMs > waitMs) throw known ? new LoginDelayed() : this.refuse(pair, pauseMs);
        waitedMs += pauseMs;
        // A random part spreads the guesses that wait at the same time.
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

  /** Takes a token from a bucket. Throws {@link LoginDelayed} when it is empty. */
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

  /** A guess at a trusted pair of user and network; a wrong one ends the trust, and counts. */
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
    this.log.warn(
      { error: String(error) },
      'the table of the login throttle is unreachable; this task limits guesses by itself',
    );
  }
}
