import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PamojaError } from '../mapi/error.ts';
import type { Clock } from '../platform/clock.ts';
import { updateIf } from '../platform/conditional-write.ts';
import type { TenantId } from '../store/engine/ids.ts';

const HOUR_MS = 3_600_000;

/** Counts the messages that the users of a tenant submit in each hour of the clock. */
export interface HourlyLimit {
  /** Counts one message; false, and nothing counted, once `limit` messages have been submitted in this hour. A limit of 0 is none. Throws NETWORK_ERROR. */
  take(tenant: TenantId, limit: number): Promise<boolean>;
}

export function dynamoHourlyLimit(dynamo: DynamoDBClient, table: string, clock: Clock): HourlyLimit {
  return {
    async take(tenant, limit) {
      if (limit === 0) return true;
      const hour = Math.floor(clock() / HOUR_MS);
      try {
        return await updateIf(dynamo, {
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
        });
      } catch (cause) {
        throw new PamojaError('NETWORK_ERROR', 'the hourly limit could not be counted, try again later', { cause });
      }
    },
  };
}
