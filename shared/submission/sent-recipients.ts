import { BatchGetItemCommand, BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../platform/clock.ts';
import { type Submission, submissionKey } from '../store/outgoing/outgoing-queue.ts';

/** Longer than any message is retried. */
const KEEP_MS = 40 * 86_400_000;

/**
 * Remembers, apart from the database, which recipients a submission was sent to. A row that does not say so, because the database was unreachable
 * or was restored to an earlier time, does not send it again.
 */
export interface SentRecipients {
  /** Addresses that each submission was sent to. */
  read(messages: readonly Submission[]): Promise<Map<Submission, ReadonlySet<string>>>;
  /** Adds addresses; a submission without any is skipped. */
  write(sent: ReadonlyMap<Submission, readonly string[]>): Promise<void>;
}

/** DynamoDB takes 25 items at a time. */
const WRITE_BATCH = 25;

export function dynamoSentRecipients(dynamo: DynamoDBClient, table: string, clock: Clock): SentRecipients {
  const key = (submission: Submission): string => `sent#${submissionKey(submission)}`;
  return {
    async read(messages) {
      const found = new Map<Submission, ReadonlySet<string>>();
      // Keys of one request must differ, and are at most a hundred.
      for (let pending = [...new Set(messages.map(key))]; pending.length > 0; ) {
        const { Responses, UnprocessedKeys } = await dynamo.send(
          new BatchGetItemCommand({
            RequestItems: {
              [table]: { Keys: pending.slice(0, 100).map((pk) => ({ pk: { S: pk } })), ConsistentRead: true },
            },
          }),
        );
        for (const item of Responses?.[table] ?? []) {
          const addresses = new Set(item.addresses?.SS ?? []);
          for (const message of messages) if (key(message) === item.pk?.S) found.set(message, addresses);
        }
        const unread = (UnprocessedKeys?.[table]?.Keys ?? []).map((entry) => entry.pk?.S ?? '');
        pending = [...unread, ...pending.slice(100)];
      }
      return found;
    },
    async write(sent) {
      const requests = [...sent]
        .filter(([, addresses]) => addresses.length > 0)
        .map(([message, addresses]) => ({
          PutRequest: {
            Item: {
              pk: { S: key(message) },
              addresses: { SS: [...new Set(addresses)] },
              expires_at: { N: String(Math.ceil((clock() + KEEP_MS) / 1000)) },
            },
          },
        }));
      for (let pending = requests; pending.length > 0; ) {
        const { UnprocessedItems } = await dynamo.send(
          new BatchWriteItemCommand({ RequestItems: { [table]: pending.slice(0, WRITE_BATCH) } }),
        );
        const unwritten = (UnprocessedItems?.[table] ?? []) as typeof requests;
        pending = [...unwritten, ...pending.slice(WRITE_BATCH)];
      }
    },
  };
}
