import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { LambdaHost } from './lambda-host.ts';

export interface EventSource {
  queueUrl: string;
  queueArn: string;
  batchSize: number;
  /** FunctionResponseTypes has ReportBatchItemFailures. */
  partialResponses: boolean;
  visibilitySeconds: number;
  /** Number of batches in flight. */
  concurrency: number;
}

/** A queue, the function that its messages go to, and the settings of polling. */
export interface Polling {
  sqs: SQSClient;
  source: EventSource;
  host: LambdaHost;
  /** Divides the visibility time-out after which a failed message is received again. */
  retryFactor: number;
  log: (line: string) => void;
}

/** Polls a queue for a function as Lambda's event source mapping does; the function returned ends it. */
export function pollQueue(polling: Polling): () => Promise<void> {
  const { sqs, source, host, log } = polling;
  const abort = new AbortController();
  const loop = async () => {
    while (!abort.signal.aborted) {
      try {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: source.queueUrl,
            MaxNumberOfMessages: Math.min(source.batchSize, 10),
            WaitTimeSeconds: 10,
            MessageSystemAttributeNames: ['All'],
            MessageAttributeNames: ['All'],
          }),
          { abortSignal: abort.signal },
        );
        if (Messages.length > 0) await handleBatch(polling, Messages);
      } catch (error) {
        if (abort.signal.aborted) return;
        log(`${host.name}: the queue cannot be read: ${error}`);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  };
  const loops = Array.from({ length: source.concurrency }, loop);
  return async () => {
    abort.abort();
    await Promise.all(loops);
  };
}

async function handleBatch(polling: Polling, messages: Message[]): Promise<void> {
  const { sqs, source, retryFactor } = polling;
  const failed = await invokeBatch(polling, messages);
  await Promise.all(
    messages.map((message) => {
      const receipt = { QueueUrl: source.queueUrl, ReceiptHandle: message.ReceiptHandle };
      if (!failed.has(message.MessageId ?? '')) return sqs.send(new DeleteMessageCommand(receipt));
      // On AWS a failed message is received again after its visibility time-out; here sooner, by the retry factor.
      return sqs.send(
        new ChangeMessageVisibilityCommand({
          ...receipt,
          VisibilityTimeout: Math.ceil(source.visibilitySeconds / retryFactor),
        }),
      );
    }),
  );
}

/** The ids of the messages that the function has failed to handle. */
async function invokeBatch({ source, host, log }: Polling, messages: Message[]): Promise<Set<string>> {
  const everything = new Set(messages.map((message) => message.MessageId ?? ''));
  try {
    const result = await host.invoke({ Records: messages.map((message) => record(source, message)) });
    if (!source.partialResponses) return new Set();
    return failures(result, everything);
  } catch (error) {
    log(`${host.name}: ${error instanceof Error ? error.message : error}`);
    return everything;
  }
}

/** Lambda's rules: an answer without a list is success; an empty id, or one that is not in the batch, fails the whole batch. */
function failures(result: unknown, everything: Set<string>): Set<string> {
  const list = (result as { batchItemFailures?: { itemIdentifier?: string }[] | null } | null | undefined)
    ?.batchItemFailures;
  if (list === undefined || list === null) return new Set();
  const ids = list.map((item) => item.itemIdentifier ?? '');
  return ids.every((id) => everything.has(id)) ? new Set(ids) : everything;
}

function record(source: EventSource, message: Message): object {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: {},
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: source.queueArn,
    awsRegion: source.queueArn.split(':')[3],
  };
}
