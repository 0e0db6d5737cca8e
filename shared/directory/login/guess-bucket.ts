import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../platform/clock.ts';
import { updateIf } from '../../platform/conditional-write.ts';

/** How many tokens a bucket holds, and how long one takes to come back. */
export interface BucketSize {
  burst: number;
  refillMs: number;
}

/** A table that does not answer within this time is unreachable: a login does not wait for it. */
export const DYNAMO_TIMEOUT_MS = 2000;

/**
 * Token buckets that all tasks share, one item each, which stores when the bucket will be full again (the generic cell rate algorithm,
 * ITU-T I.371). Taking a token is one conditional write, so that concurrent guesses cannot exceed the limit.
 */
export class GuessBuckets {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;
  private readonly clock: Clock;

  constructor(dynamo: DynamoDBClient, table: string, clock: Clock) {
    this.dynamo = dynamo;
    this.table = table;
    this.clock = clock;
  }

  /** Takes a token; false when the bucket is empty. */
  async take(key: string, { burst, refillMs }: BucketSize): Promise<boolean> {
    // Tried twice: between the two writes another guess may have taken the first token of a full bucket.
    for (let attempt = 0; attempt < 2; attempt++) {
      const now = this.clock();
      const last = now + (burst - 1) * refillMs;
      if (
        (await this.write(key, '#full = #full + :refill', '#full > :now AND #full <= :last', last, {
          ':refill': refillMs,
          ':now': now,
          ':last': last,
        })) ||
        (await this.write(key, '#full = :fresh', 'attribute_not_exists(#full) OR #full <= :now', last, {
          ':fresh': now + refillMs,
          ':now': now,
        }))
      )
        return true;
    }
    return false;
  }

  /** Returns the token of a guess that was not wrong. */
  async giveBack(key: string, { burst, refillMs }: BucketSize): Promise<void> {
    const last = this.clock() + (burst - 1) * refillMs;
    await this.write(key, '#full = #full - :refill', 'attribute_exists(#full)', last, { ':refill': refillMs });
  }

  private async write(
    key: string,
    set: string,
    condition: string,
    fullAt: number,
    values: Record<string, number>,
  ): Promise<boolean> {
    const numbers = Object.entries({ ...values, ':expires': Math.ceil(fullAt / 1000) + 3600 });
    return updateIf(
      this.dynamo,
      {
        TableName: this.table,
        Key: { pk: { S: key } },
        UpdateExpression: `SET ${set}, #expires = :expires`,
        ConditionExpression: condition,
        ExpressionAttributeNames: { '#full': 'full_at', '#expires': 'expires_at' },
        ExpressionAttributeValues: Object.fromEntries(numbers.map(([name, value]) => [name, { N: String(value) }])),
      },
      DYNAMO_TIMEOUT_MS,
    );
  }
}
