import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImapClient } from '../../scripts/clients/imap-client.ts';
import { LmtpClient } from '../../scripts/clients/lmtp-client.ts';
import { type RunningContainer, runContainer } from '../../scripts/local/containers.ts';
import { freePort } from '../../scripts/local/ports.ts';
import { ProcessRegistry } from '../../scripts/local/processes.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';
import { playDialogue } from '../support/dialogue.ts';
import { run } from '../support/run.ts';

let stack: TemporaryStack;
let port: number;

beforeAll(async () => {
  stack = await startTemporaryStack({
    durable: false,
    options: {
      lmtp_max_messagesize: 200_000,
      lmtp_max_header_size: 50_000,
      lmtp_max_line_length: 100_000,
      quota_hard: 0.5,
      attachment_inline_max: '4K',
    },
  });
  await stack.tenant('lmtp.test', ['ann', 'bob', 'full', 'swaks']);
  port = stack.port('lmtp', 'lmtp');
});
afterAll(() => stack?.stop());

const inbox = async (user: string): Promise<string[]> => {
  const client = await ImapClient.open(stack.port('gateway', 'imaps'), `${user}@lmtp.test`, 'pass');
  const bodies = [...(await client.bodies('INBOX')).values()].map((body) => body.toString('latin1'));
  client.close();
  return bodies;
};

describe('LMTP', () => {
  it('speaks RFC 2033 with PIPELINING, CHUNKING and SIZE, and keeps to its limits', async () => {
    await playDialogue('test/conformance/dialogues/lmtp-rfc2033.txt', port);
    expect(await inbox('ann')).toEqual(['Subject: two\r\n\r\n.dot\r\n', 'Subject: x\r\n\r\nbody']);
    expect(await inbox('bob')).toEqual([
      'Subject: two\r\n\r\n.dot\r\n',
      'Subject: smuggled\r\n\r\na\n.\nb\r\n.\nc\n.\r\nMAIL FROM:<evil@x>\r.\rd\r\n'.replace('b\r\n.\nc', 'b\r\n\nc'),
    ]);
  });

  it('swaks delivers, with an attachment', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'pamoja-swaks-')), 'a.bin');
    writeFileSync(file, Buffer.alloc(30_000, 'attachment'));
    const swaks = await run('swaks', [
      '--protocol',
      'LMTP',
      '--server',
      '127.0.0.1',
      '--port',
      String(port),
      '--from',
      'me@peer.test',
      '--to',
      'swaks@lmtp.test',
      '--header',
      'Subject: by swaks',
      '--attach',
      file,
    ]);
    expect(swaks.stdout).toMatch(/<- {2}250 2\.1\.5 <swaks@lmtp\.test> delivered/);
    expect(swaks.status).toBe(0);
    expect(await inbox('swaks')).toHaveLength(1);
  });

  it('a full mailbox is refused with 552 5.2.2 and nothing is stored, at RCPT or after the content', async () => {
    const client = await LmtpClient.open(port);
    const message = Buffer.from(`Subject: big\r\n\r\n${`${'x'.repeat(998)}\r\n`.repeat(180)}`);
    const replies = [];
    for (let i = 0; i < 4; i++) replies.push(...(await client.send(['full@lmtp.test'], message)));
    expect(replies.map((reply) => reply.slice(0, 9))).toEqual(['250 2.1.5', '250 2.1.5', '552 5.2.2', '552 5.2.2']);
    await client.command('MAIL FROM:<a@b.test> SIZE=199000');
    expect(await client.command('RCPT TO:<full@lmtp.test>')).toMatch(/^552 5\.2\.2/);
    client.close();
    expect(await inbox('full')).toHaveLength(2);
  });

  it('while S3 is unreachable a large message gets 451 4.3.0 and nothing is stored; a small one is delivered', async () => {
    await stack.tenant('s3away.test', ['ann']);
    const other = await startLmtp({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
    const client = await LmtpClient.open(other.ports.lmtp ?? 0);
    const large = Buffer.from(`Subject: large\r\n\r\n${'y'.repeat(20_000)}`);
    expect(await client.send(['ann@s3away.test'], large)).toEqual([expect.stringMatching(/^451 4\.3\.0/)]);
    expect(await client.send(['ann@s3away.test'], Buffer.from('Subject: small\r\n\r\n'))).toEqual([
      expect.stringMatching(/^250/),
    ]);
    client.close();
    await other.stop();
    const reader = await ImapClient.open(stack.port('gateway', 'imaps'), 'ann@s3away.test', 'pass');
    expect((await reader.bodies('INBOX')).size).toBe(1);
    reader.close();
  });

  it('while the database is unreachable the recipient gets 451 4.3.0', async () => {
    const other = await startLmtp({ DB_PORT: '1' });
    const client = await LmtpClient.open(other.ports.lmtp ?? 0);
    expect(await client.send(['ann@lmtp.test'], Buffer.from('Subject: x\r\n\r\n'))).toEqual([
      expect.stringMatching(/^451 4\.3\.0/),
    ]);
    client.close();
    await other.stop();
  });

  it('a message of 60 MB goes through in bounded memory and comes back', async () => {
    await stack.tenant('large.test', ['ann']);
    const other = await startLmtp({
      KOPANO_OPTIONS: JSON.stringify({ lmtp_max_messagesize: '100M' }),
      NODE_OPTIONS: '--max-old-space-size=64',
    });
    const client = await LmtpClient.open(other.ports.lmtp ?? 0);
    const line = Buffer.from(`${'z'.repeat(998)}\r\n`);
    const size = 60_000 * line.length + 18;
    await client.command('MAIL FROM:<a@b.test>');
    await client.command('RCPT TO:<ann@large.test>');
    client.connection.write(`BDAT ${size} LAST\r\nSubject: large\r\n\r\n`);
    for (let i = 0; i < 60_000; i++) {
      if (!client.connection.socket.write(line))
        await new Promise((resolve) => client.connection.socket.once('drain', resolve));
    }
    expect(await client.reply()).toMatch(/^250/);
    client.close();
    await other.stop();
    const reader = await ImapClient.open(stack.port('gateway', 'imaps'), 'ann@large.test', 'pass');
    await reader.command('SELECT INBOX');
    const [listed] = await reader.command('FETCH 1 (RFC822.SIZE BODY.PEEK[]<30000000.10>)');
    expect(listed?.text).toContain(`RFC822.SIZE ${size}`);
    expect(listed?.literals[0]).toHaveLength(10);
    reader.close();
  });
});

/** A second LMTP service beside the stack's own, with another environment. */
async function startLmtp(environment: Record<string, string>): Promise<RunningContainer> {
  const definition = stack.deployment.containers.find(({ name }) => name === 'lmtp');
  if (!definition) throw new Error('the templates have no lmtp');
  const lmtp = await freePort();
  return runContainer(
    {
      ...definition,
      name: 'lmtp-other',
      ports: { lmtp },
      environment: {
        ...definition.environment,
        ...stack.environment,
        DB_TLS: 'off',
        PATH: process.env.PATH ?? '',
        ...environment,
        LMTP_PORT: String(lmtp),
      },
    },
    path.join(stack.data, 'log'),
    new ProcessRegistry(stack.data),
    () => {},
  );
}
