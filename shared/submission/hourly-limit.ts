import { ConditionalCheckFailedException, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../platform/clock.ts';
import type { TenantId } from '../store/engine/ids.ts';

const HOUR_MS = 3_600_000;

/** Counts what the users of a tenant submit in an hour of the clock. */
export interface HourlyLimit {
  /** Counts one message; false, and not counted, when `limit` have been submitted. 0 is no limit. */
  take(tenant: TenantId, limit: number): Promise<boolean>;
}

export function dynamoHourlyLimit(dynamo: DynamoDBClient, table: string, clock: Clock): HourlyLimit {
  return {
    async take(tenant, limit) {
      if (limit === 0) return true;
      const hour = Math.floor(clock() / HOUR_MS);
      try {
        await dynamo.send(
          new UpdateItemCommand({
            TableName: table,
            Key: { pk: { S: `submissions#${tenant}#${hour}` } },
            UpdateExpression: 'ADD #count :one SET #expires = :expires',
            ConditionExpression: 'attribute_not_exists(#count) OR #count < :limit',
            ExpressionAttributeNames: { '#count': 'submissions', '#expires': 'expires_at' },
            ExpressionAttributeValues: {
              ':one': { N: '1' },
              ':limit': { N: String(limit) },
              ':expires': { N: String((hour + 2) * (HOUR_MS / 1000)) },
            },
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}
