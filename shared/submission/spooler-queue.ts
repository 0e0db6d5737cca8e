import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import type { StoreId, TenantId } from '../store/engine/ids.ts';
import type { DueMessage, OutgoingRef } from '../store/outgoing/outgoing-queue.ts';

/** The queue that the spooler takes its work from. */
export interface SpoolerQueue {
  /** Enqueues messages; gives those that could not be enqueued. Never throws. */
  send(messages: readonly DueMessage[]): Promise<DueMessage[]>;
}

const queueMessage = z.object({
  tenant: z.number().int(),
  store: z.number().int(),
  id: z.string().regex(/^[0-9a-f]{32}$/),
});

/** SQS takes ten messages at a time. */
const BATCH = 10;

/**
 * SpoolerQueue in SQS, each named after its tenant: on a standard queue a message group is what fair queues share the consumers between
 * (SQS developer guide, "fair queues").
 */
export function sqsSpoolerQueue(
  sqs: SQSClient,
  queueUrl: string,
  clock: () => number,
  onError: (error: unknown) => void,
): SpoolerQueue {
  const sendBatch = async (messages: readonly DueMessage[]): Promise<DueMessage[]> => {
    try {
      const { Failed = [] } = await sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: messages.map(({ tenant, store, id, dueAt }, i) => ({
            Id: String(i),
            MessageBody: JSON.stringify({ tenant, store, id: id.toString('hex') }),
            MessageGroupId: `tenant-${tenant}`,
            DelaySeconds: Math.min(Math.max(Math.ceil((dueAt - clock()) / 1000), 0), 900),
          })),
        }),
      );
      return Failed.flatMap((entry) => messages[Number(entry.Id)] ?? []);
    } catch (error) {
      onError(error);
      return [...messages];
    }
  };
  return {
    async send(messages) {
      const failed: DueMessage[] = [];
      for (let i = 0; i < messages.length; i += BATCH) failed.push(...(await sendBatch(messages.slice(i, i + BATCH))));
      return failed;
    },
  };
}

/** Reads the body of a queue message. Throws for anything else. */
export function parseQueueMessage(body: string): OutgoingRef {
  const { tenant, store, id } = queueMessage.parse(JSON.parse(body));
  return { tenant: tenant as TenantId, store: store as StoreId, id: Buffer.from(id, 'hex') };
}
