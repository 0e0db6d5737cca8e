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
  /** Batches at a time. */
  concurrency: number;
}

/** Polls a queue for a function as Lambda's event source mapping does; the function returned ends it. */
export function pollQueue(
  sqs: SQSClient,
  source: EventSource,
  host: LambdaHost,
  retryFactor: number,
  log: (line: string) => void,
): () => Promise<void> {
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
        if (Messages.length > 0) await handleBatch(sqs, source, host, Messages, retryFactor, log);
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

async function handleBatch(
  sqs: SQSClient,
  source: EventSource,
  host: LambdaHost,
  messages: Message[],
  retryFactor: number,
  log: (line: string) => void,
): Promise<void> {
  const failed = await invokeBatch(source, host, messages, log);
  await Promise.all(
    messages.map((message) => {
      const receipt = { QueueUrl: source.queueUrl, ReceiptHandle: message.ReceiptHandle };
      if (!failed.has(message.MessageId ?? '')) return sqs.send(new DeleteMessageCommand(receipt));
      // On AWS it comes back when its visibility time-out is over; here as much sooner as the stack was told.
      return sqs.send(
        new ChangeMessageVisibilityCommand({
          ...receipt,
          VisibilityTimeout: Math.ceil(source.visibilitySeconds / retryFactor),
        }),
      );
    }),
  );
}

/** The ids of the messages that the function has not dealt with. */
async function invokeBatch(
  source: EventSource,
  host: LambdaHost,
  messages: Message[],
  log: (line: string) => void,
): Promise<Set<string>> {
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

/** Lambda's rules: nothing said is success; an id that is empty or not of the batch fails the whole batch. */
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
