import { ConditionalCheckFailedException, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../platform/clock.ts';
import { DYNAMO_TIMEOUT_MS } from './guess-bucket.ts';

/** The time that must lie between two logins of a user (RFC 2449 §6.5). */
export interface LoginDelay {
  /** Whether a user's last login was longer ago than that; if so this one is noted as the last. */
  isRested(login: string, seconds: number): Promise<boolean>;
}

export const dynamoLoginDelay = (dynamo: DynamoDBClient, table: string, clock: Clock): LoginDelay => ({
  async isRested(login, seconds) {
    const now = Math.floor(clock() / 1000);
    try {
      await dynamo.send(
        new UpdateItemCommand({
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
        }),
        { abortSignal: AbortSignal.timeout(DYNAMO_TIMEOUT_MS) },
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  },
});
