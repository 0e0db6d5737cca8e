import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../platform/clock.ts';
import { updateIf } from '../../platform/conditional-write.ts';
import { DYNAMO_TIMEOUT_MS } from './guess-bucket.ts';

/** Enforces the time that must pass between two logins of a user (LOGIN-DELAY, RFC 2449 §6.5). */
export interface LoginDelay {
  /** True, and this login recorded as the last one, when the user's last login was at least `seconds` ago. */
  isRested(login: string, seconds: number): Promise<boolean>;
}

export const dynamoLoginDelay = (dynamo: DynamoDBClient, table: string, clock: Clock): LoginDelay => ({
  async isRested(login, seconds) {
    const now = Math.floor(clock() / 1000);
    return updateIf(
      dynamo,
      {
        TableName: table,
        Key: { pk: { S: `last-login#${login}` } },
        UpdateExpression: 'SET #at = :now, #expires = :expires',
        ConditionExpression: 'attribute_not_exists(#at) OR #at <= :before',
        ExpressionAttributeNames: { '#at': 'login_at', '#expires': 'expires_at' },
        ExpressionAttributeValues: {
          ':now': { N: String(now) },
          ':before': { N: String(now - seconds) },
          ':expires': { N: String(now + seconds) },
        },
      },
      DYNAMO_TIMEOUT_MS,
    );
  },
});
