import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../platform/clock.ts';
import { updateIf } from '../../platform/conditional-write.ts';
import { DYNAMO_TIMEOUT_MS } from './guess-bucket.ts';

/** The guesses at one user from one network: one item, which all tasks share. Times are milliseconds since 1970 (UTC). */
export interface GuessCount {
  /** Wrong guesses, and those that are being checked. */
  guesses: number;
  /** No guess is checked before this time. */
  nextAt: number;
  /** The time of the first of them. */
  since: number;
  /** Until this time the network is a known one of the user, who has logged on from there. */
  knownUntil: number;
}

/** Wrong guesses are forgotten this long after the first of them. */
const FORGET_MS = 3_600_000;

/** Attempts to record a guess while other tasks write the same item. */
const ADD_ATTEMPTS = 10;

/** A network stays known for this long after the user has logged on from there. */
const KNOWN_MS = 30 * 86_400_000;

/** Reads and writes {@link GuessCount}s; every write either adds, or has the state that it was decided on as its condition. */
export class GuessCounts {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;
  private readonly clock: Clock;

  constructor(dynamo: DynamoDBClient, table: string, clock: Clock) {
    this.dynamo = dynamo;
    this.table = table;
    this.clock = clock;
  }

  async read(key: string): Promise<GuessCount & { seen: string | undefined }> {
    const { Item } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: { pk: { S: key } }, ConsistentRead: true }),
      { abortSignal: AbortSignal.timeout(DYNAMO_TIMEOUT_MS) },
    );
    const number = (name: string): number => Number(Item?.[name]?.N ?? 0);
    const forgotten = number('since') + FORGET_MS <= this.clock();
    return {
      guesses: forgotten ? 0 : Math.max(number('guesses'), 0),
      nextAt: forgotten ? 0 : number('next_at'),
      since: number('since'),
      knownUntil: number('known_until'),
      seen: Item?.write_count?.N,
    };
  }

  /** Records a guess before it is checked, if there are fewer than `most` in this hour; false if not. Concurrent guesses need no retry. */
  reserveBelow(key: string, count: GuessCount, most: number): Promise<boolean> {
    const now = this.clock();
    return this.write(key, {
      set: 'guesses = guesses + :one, write_count = write_count + :one',
      condition: 'guesses < :most AND since > :forgotten',
      values: { ':one': 1, ':most': most, ':forgotten': now - FORGET_MS },
      keepUntil: Math.max(now + FORGET_MS, count.knownUntil),
    });
  }

  /** Records a guess before it is checked; false when another task has written since `seen`. */
  reserve(key: string, count: GuessCount, nextAt: number, seen: string | undefined): Promise<boolean> {
    const now = this.clock();
    return this.write(key, {
      set: 'guesses = :guesses, since = :since, next_at = :next, write_count = if_not_exists(write_count, :zero) + :one',
      condition: seen === undefined ? 'attribute_not_exists(write_count)' : 'write_count = :seen',
      values: {
        ':guesses': count.guesses + 1,
        ':since': count.guesses === 0 ? now : count.since,
        ':next': nextAt,
        ':zero': 0,
        ':one': 1,
        ...(seen === undefined ? {} : { ':seen': Number(seen) }),
      },
      keepUntil: Math.max(now + FORGET_MS, count.knownUntil),
    });
  }

  /** Takes a reservation back; `right`: the guess was right, and the network becomes a known one of the user. */
  async release(key: string, right: boolean): Promise<void> {
    const now = this.clock();
    await this.write(key, {
      set: `guesses = guesses - :one, next_at = :zero, write_count = write_count + :one${right ? ', known_until = :known' : ''}`,
      condition: 'attribute_exists(guesses)',
      values: { ':zero': 0, ':one': 1, ...(right ? { ':known': now + KNOWN_MS } : {}) },
      keepUntil: right ? now + KNOWN_MS : undefined,
    });
  }

  /** Records a wrong guess that was checked without a reservation. */
  async add(key: string): Promise<void> {
    for (let attempt = 0; attempt < ADD_ATTEMPTS; attempt++) {
      const count = await this.read(key);
      if (await this.reserve(key, count, count.nextAt, count.seen)) return;
    }
  }

  private async write(
    key: string,
    {
      set,
      condition,
      values,
      keepUntil,
    }: { set: string; condition: string | undefined; values: Record<string, number>; keepUntil: number | undefined },
  ): Promise<boolean> {
    const expires = keepUntil === undefined ? {} : { ':expires': Math.ceil(keepUntil / 1000) };
    return updateIf(
      this.dynamo,
      {
        TableName: this.table,
        Key: { pk: { S: key } },
        UpdateExpression: `SET ${set}${keepUntil === undefined ? '' : ', expires_at = :expires'}`,
        ConditionExpression: condition,
        ExpressionAttributeValues: Object.fromEntries(
          Object.entries({ ...values, ...expires }).map(([name, value]) => [name, { N: String(value) }]),
        ),
      },
      DYNAMO_TIMEOUT_MS,
    );
  }
}
