import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '../platform/clock.ts';

/** Failures that one user from one address may have within the window before further tries are refused unseen. */
const MAX_FAILURES = 10;
const WINDOW_SECONDS = 600;

/** Slows down guessing: counts failed logins per user and address in the control table, whose items expire by themselves. */
export interface LoginThrottle {
  allows(login: string, address: string): Promise<boolean>;
  failed(login: string, address: string): Promise<void>;
  /** Whether a user's last login was longer ago than that; if so this one is noted as the last. */
  isRested(login: string, seconds: number): Promise<boolean>;
}

/** The throttle in DynamoDB, shared by all tasks. The window is part of the key, so an item that TTL has not yet removed does no harm. */
export function dynamoThrottle(dynamo: DynamoDBClient, table: string, clock: Clock): LoginThrottle {
  const key = (login: string, address: string) => {
    const window = Math.floor(clock() / 1000 / WINDOW_SECONDS);
    return { pk: { S: `login-failures#${login.toLowerCase()}#${address}#${window}` } };
  };
  return {
    async allows(login, address) {
      const { Item } = await dynamo.send(new GetItemCommand({ TableName: table, Key: key(login, address) }));
      return Number(Item?.failures?.N ?? 0) < MAX_FAILURES;
    },
    async isRested(login, seconds) {
      const now = Math.floor(clock() / 1000);
      try {
        await dynamo.send(
          new UpdateItemCommand({
            TableName: table,
            Key: { pk: { S: `last-login#${login.toLowerCase()}` } },
            UpdateExpression: 'SET #at = :now, #expires = :expires',
            ConditionExpression: 'attribute_not_exists(#at) OR #at <= :before',
            ExpressionAttributeNames: { '#at': 'login_at', '#expires': 'expires_at' },
            ExpressionAttributeValues: {
              ':now': { N: String(now) },
              ':before': { N: String(now - seconds) },
              ':expires': { N: String(now + seconds) },
            },
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
    async failed(login, address) {
      await dynamo.send(
        new UpdateItemCommand({
          TableName: table,
          Key: key(login, address),
          UpdateExpression: 'ADD #failures :one SET #expires = :expires',
          ExpressionAttributeNames: { '#failures': 'failures', '#expires': 'expires_at' },
          ExpressionAttributeValues: {
            ':one': { N: '1' },
            ':expires': { N: String(Math.floor(clock() / 1000) + 2 * WINDOW_SECONDS) },
          },
        }),
      );
    },
  };
}
