import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startEmulators } from '../../scripts/local/emulators.ts';

/**
 * What LocalStack is to the stack: one endpoint for S3, SQS, SNS, DynamoDB and Secrets Manager, which keeps secrets and passes
 * bucket notifications on by itself. Made of the emulators; the calls that they lack are answered here.
 */
export async function startLocalStackStandIn(
  directory: string,
): Promise<{ url: string; calls: Set<string>; stop: () => Promise<void> }> {
  const emulators = await startEmulators(directory);
  const secrets = new Map<string, string>();
  const notified = new Map<string, string>();
  const calls = new Set<string>();
  const sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: emulators.endpoints.sqs,
    useQueueUrlAsEndpoint: false,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  emulators.onObjectCreated(async (bucket, key, size) => {
    const queue = notified.get(bucket);
    if (!queue) return;
    const body = {
      Records: [
        {
          eventSource: 'aws:s3',
          eventName: 'ObjectCreated:Put',
          s3: { bucket: { name: bucket }, object: { key, size } },
        },
      ],
    };
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: `${emulators.endpoints.sqs}/000000000000/${queue}`,
        MessageBody: JSON.stringify(body),
      }),
    );
  });
  const server = createServer((request, response) => {
    const target = String(request.headers['x-amz-target'] ?? '');
    const url = request.url ?? '/';
    calls.add(target || `${request.method} ${url.replace(/^\/[^/?]*/, '')}`);
    const chunks: Buffer[] = [];
    const whole = (answer: (body: string) => [number, string]) => {
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const [status, body] = answer(Buffer.concat(chunks).toString());
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(body);
      });
    };
    if (target.startsWith('secretsmanager.')) return whole((body) => answerSecret(secrets, target, body));
    if (request.method === 'PUT' && /^\/[^/]+\/?\?notification/.test(url)) {
      return whole((body) => {
        notified.set(url.split(/[/?]/)[1] ?? '', /<Queue>[^<]*:([^<:]+)<\/Queue>/.exec(body)?.[1] ?? '');
        return [200, ''];
      });
    }
    const upstream = new URL(target.startsWith('DynamoDB_') ? emulators.endpoints.dynamodb : emulators.endpoints.s3);
    const forwarded = httpRequest(
      { host: upstream.hostname, port: upstream.port, method: request.method, path: url, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    forwarded.on('error', () => response.destroy());
    request.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async stop() {
      server.close();
      server.closeAllConnections();
      await emulators.stop();
    },
  };
}

function answerSecret(secrets: Map<string, string>, target: string, body: string): [number, string] {
  const {
    Name = '',
    SecretId = '',
    SecretString = '',
  } = JSON.parse(body) as { Name?: string; SecretId?: string; SecretString?: string };
  if (target.endsWith('CreateSecret')) {
    // Secrets Manager's own rule for names.
    if (!/^[A-Za-z0-9/_+=.@-]+$/.test(Name)) return [400, JSON.stringify({ __type: 'ValidationException' })];
    if (secrets.has(Name)) return [400, JSON.stringify({ __type: 'ResourceExistsException' })];
    secrets.set(Name, SecretString);
    return [200, JSON.stringify({ Name, ARN: `arn:aws:secretsmanager:us-east-1:000000000000:secret:${Name}-AbCdEf` })];
  }
  const value = secrets.get(SecretId);
  return value === undefined
    ? [400, JSON.stringify({ __type: 'ResourceNotFoundException' })]
    : [200, JSON.stringify({ Name: SecretId, SecretString: value })];
}
