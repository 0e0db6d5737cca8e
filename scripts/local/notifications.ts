import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type Deployment, REGION } from './deployment.ts';

/** Passes on to the queues of the templates that an object was made, in S3's event format, as S3 does by itself. */
export function notifyQueues(
  sqs: SQSClient,
  deployment: Deployment,
): (bucket: string, key: string, size: number) => Promise<void> {
  return async (bucket, key, size) => {
    for (const { configuration } of deployment.notifications.filter((entry) => entry.bucket === bucket)) {
      for (const { QueueArn = '', Events = [], Filter } of configuration.QueueConfigurations ?? []) {
        const rules = Filter?.Key?.FilterRules ?? [];
        const wanted = rules.every(({ Name, Value = '' }) =>
          Name?.toLowerCase() === 'prefix' ? key.startsWith(Value) : key.endsWith(Value),
        );
        const queue = deployment.queues.get(QueueArn);
        if (!wanted || !queue || !Events.some((event) => event.startsWith('s3:ObjectCreated:'))) continue;
        await sqs.send(
          new SendMessageCommand({ QueueUrl: queue.url, MessageBody: JSON.stringify(event(bucket, key, size)) }),
        );
      }
    }
  };
}

function event(bucket: string, key: string, size: number): object {
  return {
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: REGION,
        eventTime: new Date().toISOString(),
        eventName: 'ObjectCreated:Put',
        s3: {
          s3SchemaVersion: '1.0',
          bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
          object: { key: encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+'), size },
        },
      },
    ],
  };
}
