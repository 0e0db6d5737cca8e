import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImapClient } from '../../scripts/clients/imap-client.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';
import { startLocalStackStandIn } from '../support/localstack-stand-in.ts';

let directory: string;
let standIn: Awaited<ReturnType<typeof startLocalStackStandIn>>;
let stack: TemporaryStack;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'pamoja-localstack-'));
  standIn = await startLocalStackStandIn(directory);
  process.env.AWS_ENDPOINT_URL = standIn.url;
  stack = await startTemporaryStack({ durable: false });
});
afterAll(async () => {
  delete process.env.AWS_ENDPOINT_URL;
  await stack?.stop();
  await standIn?.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('with AWS_ENDPOINT_URL set', () => {
  it('the stack makes everything at that endpoint, and a message goes through it', async () => {
    await stack.tenant('ls.test', ['ann']);
    const bucket = stack.deployment.notifications[0]?.bucket;
    await stack.clients.s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: 'drop/x.eml', Body: 'To: ann@ls.test\r\nSubject: hello\r\n\r\n' }),
    );
    const client = await ImapClient.open(stack.port('gateway', 'imaps'), 'ann@ls.test', 'pass');
    let found = false;
    for (let i = 0; i < 100 && !found; i++) {
      found = (await client.command('STATUS INBOX (MESSAGES)'))[0]?.text.includes('MESSAGES 1') ?? false;
      if (!found) await sleep(100);
    }
    client.close();
    expect(found).toBe(true);
    expect([...standIn.calls]).toEqual(
      expect.arrayContaining([
        'secretsmanager.CreateSecret',
        'secretsmanager.GetSecretValue',
        'DynamoDB_20120810.CreateTable',
        'AmazonSQS.CreateQueue',
      ]),
    );
  });
});
