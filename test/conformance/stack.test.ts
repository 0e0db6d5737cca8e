import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImapClient } from '../../scripts/clients/imap-client.ts';
import { LmtpClient } from '../../scripts/clients/lmtp-client.ts';
import { DEMO_USERS, makeDemoTenant } from '../../scripts/local/demo.ts';
import { type LocalStack, startStack } from '../../scripts/local/stack.ts';

let data: string;
let stack: LocalStack;
let bucket: string;
let queueUrl: string;

const start = () => startStack({ data, ports: 'free', retryFactor: 720, options: { attachment_inline_max: '4K' } });

beforeAll(async () => {
  data = mkdtempSync(path.join(tmpdir(), 'pamoja-restart-'));
  stack = await start();
  await makeDemoTenant(stack.database, {});
  bucket = stack.deployment.notifications[0]?.bucket ?? '';
  queueUrl = stack.deployment.queues.get(stack.deployment.eventSources[0]?.queueArn ?? '')?.url ?? '';
});
afterAll(async () => {
  await stack?.stop();
  rmSync(data, { recursive: true, force: true });
});

const [anna, bert] = DEMO_USERS as [(typeof DEMO_USERS)[0], (typeof DEMO_USERS)[0]];

async function subjects(user: typeof anna): Promise<string[]> {
  const client = await ImapClient.open(stack.containers.get('gateway')?.ports.imaps ?? 0, user.login, user.password);
  const bodies = await client.bodies('INBOX');
  client.close();
  return [...bodies.values()].map((body) => /^Subject: (.*)\r$/m.exec(body.toString('latin1'))?.[1] ?? '');
}

async function eventually(check: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 150; i++) {
    if (await check()) return;
    await sleep(100);
  }
  throw new Error('it did not happen within 15 s');
}

const put = (key: string, message: string, metadata?: Record<string, string>) =>
  stack.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: message, Metadata: metadata }));

const sesNotification = (key: string, recipients: string[]) =>
  JSON.stringify({
    notificationType: 'Received',
    mail: { messageId: key },
    receipt: { recipients, action: { type: 'S3', bucketName: bucket, objectKey: key, topicArn: 'x' } },
  });

describe('the delivery function, by the wiring of the templates', () => {
  it('delivers an object under drop/ to the hosted addresses of its header', async () => {
    await put(
      'drop/a message +1.eml',
      `To: Anna <${anna.login}>, stranger@elsewhere.test\r\nSubject: by header\r\n\r\n`,
    );
    await eventually(async () => (await subjects(anna)).includes('by header'));
  });

  it('an envelope in the metadata counts instead of the header', async () => {
    await put('drop/envelope.eml', `To: ${anna.login}\r\nSubject: by envelope\r\n\r\n`, { 'envelope-to': bert.login });
    await eventually(async () => (await subjects(bert)).includes('by envelope'));
    expect(await subjects(anna)).not.toContain('by envelope');
  });

  it('delivers the object of an SES notification to the recipients in that notification', async () => {
    await put('ses/abc', 'To: undisclosed:;\r\nSubject: by SES\r\n\r\n');
    await stack.clients.sqs.send(
      new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: sesNotification('ses/abc', [anna.login, bert.login]) }),
    );
    await eventually(
      async () => (await subjects(bert)).includes('by SES') && (await subjects(anna)).includes('by SES'),
    );
  });

  it('the same object twice, and at the same time, stores one message', async () => {
    await put('ses/twice', 'Subject: once only\r\n\r\n');
    await Promise.all(
      Array.from({ length: 6 }, () =>
        stack.clients.sqs.send(
          new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: sesNotification('ses/twice', [anna.login]) }),
        ),
      ),
    );
    await eventually(async () => (await subjects(anna)).includes('once only'));
    await sleep(2500);
    expect((await subjects(anna)).filter((subject) => subject === 'once only')).toHaveLength(1);
  });

  it('a poisoned message goes to the dead-letter queue after its tries, and its neighbours are delivered', async () => {
    await put('ses/neighbour', 'Subject: neighbour\r\n\r\n');
    await stack.clients.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'no notification at all' }));
    await stack.clients.sqs.send(
      new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: sesNotification('ses/neighbour', [anna.login]) }),
    );
    await eventually(async () => (await subjects(anna)).includes('neighbour'));
    const deadLetters = [...stack.deployment.queues].find(([arn]) => arn.includes('deadletters'))?.[1].url;
    await eventually(async () => {
      const { Attributes } = await stack.clients.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: deadLetters, AttributeNames: ['ApproximateNumberOfMessages'] }),
      );
      return Attributes?.ApproximateNumberOfMessages === '1';
    });
  });

  it('the quota monitor runs by its schedule', async () => {
    expect(await stack.fire('QuotaMonitor')).toMatchObject({ finished: true, mails: 0 });
  });

  it('the purge runs by its schedule', async () => {
    expect(await stack.fire('SoftdeletePurge')).toMatchObject({
      messages: expect.any(Number),
      blobs: expect.any(Number),
    });
  });
});

describe('the local stack', () => {
  it('after a second start everything is still there', async () => {
    const client = await LmtpClient.open(stack.containers.get('lmtp')?.ports.lmtp ?? 0);
    const large = `Subject: before\r\n\r\n${'large '.repeat(5000)}`;
    await client.send([anna.login], Buffer.from(large));
    client.close();
    const before = [await subjects(anna), await subjects(bert)];
    // Messages in a queue survive too; this queue has no reader.
    const deadLetters = () => [...stack.deployment.queues].find(([arn]) => arn.includes('deadletters'))?.[1].url;
    await stack.stop();
    stack = await start();
    queueUrl = stack.deployment.queues.get(stack.deployment.eventSources[0]?.queueArn ?? '')?.url ?? '';
    expect([await subjects(anna), await subjects(bert)]).toEqual(before);
    const reader = await ImapClient.open(stack.containers.get('gateway')?.ports.imaps ?? 0, anna.login, anna.password);
    expect([...(await reader.bodies('INBOX')).values()].at(-1)?.toString()).toBe(large);
    reader.close();
    const { Attributes } = await stack.clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: deadLetters(), AttributeNames: ['ApproximateNumberOfMessages'] }),
    );
    expect(Attributes?.ApproximateNumberOfMessages).toBe('1');
    await put('drop/after.eml', `To: ${anna.login}\r\nSubject: after\r\n\r\n`);
    await eventually(async () => (await subjects(anna)).includes('after'));
  });
});
