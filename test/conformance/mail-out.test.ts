import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiClient } from '../../scripts/clients/api-client.ts';
import { ImapClient } from '../../scripts/clients/imap-client.ts';
import { LineClient } from '../../scripts/clients/line-client.ts';
import { type SmtpSink, type SunkMessage, startSmtpSink } from '../../scripts/clients/smtp-sink.ts';
import { SubmissionClient } from '../../scripts/clients/submission-client.ts';
import { localCertificate } from '../../scripts/local/certificate.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';
import { openDatabase } from '../../shared/database/database.ts';
import { findTenant, setTenantState } from '../../shared/directory/tenants/tenants.ts';
import { SesTransport } from '../../shared/submission/ses-transport.ts';
import { SmtpTransport } from '../../shared/submission/smtp-transport.ts';
import { playDialogue } from '../support/dialogue.ts';
import { run } from '../support/run.ts';

let stack: TemporaryStack;
let sink: SmtpSink;

beforeAll(async () => {
  sink = await startSmtpSink();
  stack = await startTemporaryStack({
    durable: false,
    options: {
      smtp_server: '127.0.0.1',
      smtp_port: sink.port,
      submission_max_messagesize: 200_000,
      submission_max_recipients: 3,
      deliver_local_directly: 'yes',
      queue_retry_delay: 1,
      queue_resend_after: 2,
      queue_claim_seconds: 10,
      default_store_locale: 'en_US',
    },
  });
  await stack.tenant('mail.test', ['anna', 'bert']);
});
afterAll(async () => {
  await stack?.stop();
  await sink?.stop();
});

const submission = () => stack.port('submission', 'submissions');

async function send(to: string[], text: string, user = 'anna'): Promise<number | undefined> {
  const client = await SubmissionClient.open(submission(), `${user}@mail.test`, 'pass');
  const code = await client.send(`${user}@mail.test`, to, Buffer.from(text));
  client.close();
  return code;
}

const bodies = async (user: string, folder: string): Promise<string[]> => {
  const client = await ImapClient.open(stack.port('gateway', 'imaps'), `${user}@mail.test`, 'pass');
  const found = await client.bodies(folder);
  client.close();
  return [...found.values()].map(String);
};

async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let tries = 0; tries < 150; tries++) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(100);
  }
  throw new Error(`${what} did not come about within 15 s`);
}

const arrived = (subject: string): Promise<SunkMessage> =>
  until(`the message ${subject}`, () => sink.messages.find(({ bytes }) => bytes.includes(`Subject: ${subject}\r\n`)));

describe('submission', () => {
  it('before TLS', () =>
    playDialogue('test/conformance/dialogues/submission-plain.txt', stack.port('submission', 'submission')));

  it('over TLS', () => playDialogue('test/conformance/dialogues/submission-tls.txt', submission(), { tls: true }));

  it('takes a message from swaks over STARTTLS and from curl over the TLS port', async () => {
    const swaks = await run('swaks', [
      '--server',
      `127.0.0.1:${stack.port('submission', 'submission')}`,
      '--tls',
      ...['--auth', 'LOGIN', '--auth-user', 'anna@mail.test', '--auth-password', 'pass'],
      ...['--from', 'anna@mail.test', '--to', 'x@out.test', '--header', 'Subject: from swaks'],
    ]);
    expect(swaks.stdout + swaks.stderr).toContain('250 2.0.0 Queued as');
    const curl = await run('bash', [
      '-c',
      `printf 'From: anna@mail.test\\r\\nSubject: from curl\\r\\n\\r\\n.dots\\r\\n..\\r\\n' | curl -sSk smtps://127.0.0.1:${submission()}/client.test -u anna@mail.test:pass --mail-from anna@mail.test --mail-rcpt y@out.test -T -`,
    ]);
    expect(curl).toMatchObject({ status: 0, stderr: '' });
    expect((await arrived('from swaks')).recipients).toEqual(['x@out.test']);
    expect((await arrived('from curl')).bytes.toString()).toMatch(/\r\n\.dots\r\n\.\.\r\n$/);
  });

  it('of a suspended tenant ends within an open session', async () => {
    await stack.tenant('gone.test', ['carl']);
    const client = await SubmissionClient.open(submission(), 'carl@gone.test', 'pass');
    const message = Buffer.from('From: carl@gone.test\r\n\r\nx');
    expect(await client.send('carl@gone.test', ['x@out.test'], message)).toBe(250);
    await apiClient(stack.apiPort ?? 0)('POST', '/v1/tenants/gone.test/suspend', { as: 'provider' });
    await withDatabase(async (db) => {
      const tenant = await findTenant(db, 'gone.test');
      if (tenant) await setTenantState(db, tenant.id, 'suspended', null);
    });
    // Refused, unless the session has ended before it was asked.
    expect([550, 421, undefined]).toContain(await client.send('carl@gone.test', ['x@out.test'], message));
    client.close();
  });

  it('keeps to the hourly limit and the lower limits of the tenant', async () => {
    await stack.tenant('limits.test', ['dora']);
    await withDatabase((db) =>
      db
        .updateTable('tenants')
        .set({ max_hourly_messages: 2, max_message_bytes: 1000, max_recipients: 1 })
        .where('name', '=', 'limits.test')
        .execute(),
    );
    const client = await SubmissionClient.open(submission(), 'dora@limits.test', 'pass');
    const submit = (size: number, to = ['x@out.test']) =>
      client.send('dora@limits.test', to, Buffer.from(`From: dora@limits.test\r\n\r\n${'x'.repeat(size)}`));
    expect(await submit(2000)).toBe(552);
    expect([await submit(10), await submit(10), await submit(10)]).toEqual([250, 250, 451]);
    client.close();
  });
});

const withDatabase = async <T>(work: (db: ReturnType<typeof openDatabase>) => Promise<T>): Promise<T> => {
  const db = openDatabase({ ...stack.database, database: 'kopano', tls: false, poolSize: 1 });
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
};

describe('mail out', () => {
  it('reaches local and external recipients, and is stored in Sent Items once', async () => {
    expect(await send(['bert@mail.test', 'z@out.test'], 'From: anna@mail.test\r\nSubject: both ways\r\n\r\nx')).toBe(
      250,
    );
    expect((await arrived('both ways')).recipients).toEqual(['z@out.test']);
    const local = await until('local delivery', async () =>
      (await bodies('bert', 'INBOX')).find((body) => body.includes('both ways')),
    );
    expect(local).toMatch(/^Return-Path: <anna@mail\.test>\r\nReceived: by /);
    await until('Sent Items', async () =>
      (await bodies('anna', 'Sent Items')).filter((body) => body.includes('both ways')).length === 1 ? true : undefined,
    );
    expect((await bodies('anna', 'Outbox')).filter((body) => body.includes('both ways'))).toEqual([]);
  });

  it('that the relay puts off comes later; that it refuses comes back as a report', async () => {
    let tries = 0;
    sink.answer = (recipient) => {
      if (recipient === 'grey@out.test' && ++tries < 3) return { code: 451, text: '4.7.1 greylisted' };
      return recipient === 'no@out.test' ? { code: 550, text: '5.1.1 no such person' } : undefined;
    };
    await send(['grey@out.test', 'no@out.test'], 'From: anna@mail.test\r\nSubject: grey\r\n\r\nx');
    const report = await until('the report', async () =>
      (await bodies('anna', 'INBOX')).find((body) => body.includes('Undeliverable: grey')),
    );
    expect(report).toContain('Diagnostic-Code: smtp; 550 5.1.1 no such person');
    await until('the third try', async () => {
      await stack.fire('Sweep');
      return tries >= 3 ? true : undefined;
    });
    expect((await arrived('grey')).recipients).toEqual(['grey@out.test']);
    sink.answer = () => undefined;
  });

  it('that is held goes out after its time', async () => {
    await submitHeld('HOLDFOR=3', 'held');
    const began = performance.now();
    expect((await arrived('held')).at - began).toBeGreaterThan(1500);
  });

  it('is signed by the key that the DNS answer names', async () => {
    const api = apiClient(stack.apiPort ?? 0);
    const order = {
      name: 'signed',
      domain: 'signed.test',
      admin: { login: 'sig@signed.test', email: 'sig@signed.test', password: 'password of sig', fullName: 'Sig' },
    };
    const made = await api('POST', '/v1/tenants', { as: 'provider', body: order });
    const record = made.body.dns.find(({ purpose }: { purpose: string }) => purpose.startsWith('DKIM'));
    const client = await SubmissionClient.open(submission(), 'sig@signed.test', 'password of sig');
    const text =
      'From: Sig <sig@signed.test>\r\nTo: s@out.test\r\nSubject: signed\r\n\r\nbare\nline ends\r\n.and dots\r\n';
    await client.send('sig@signed.test', ['s@out.test'], Buffer.from(text));
    client.close();
    const { bytes } = await arrived('signed');
    const { results } = await dkimVerify(bytes, {
      resolver: async (name: string, type: string) => {
        if (name !== record.name || type !== 'TXT') throw Object.assign(new Error('absent'), { code: 'ENOTFOUND' });
        return [record.value.match(/.{1,255}/g)];
      },
    });
    expect(results).toMatchObject([{ signingDomain: 'signed.test', status: { result: 'pass' } }]);
  });

  it('whose queue message is lost is found by the sweeper', async () => {
    await submitHeld('HOLDFOR=3600', 'lost queue message');
    // As if it had been enqueued and the queue had lost it.
    await withDatabase((db) =>
      db
        .updateTable('outgoing_queue')
        .set({ next_try_at: Date.now() - 10_000, enqueued_at: Date.now() - 10_000 })
        .where('subject', '=', 'lost queue message')
        .execute(),
    );
    await stack.fire('Sweep');
    expect((await arrived('lost queue message')).recipients).toEqual(['h@out.test']);
  });

  it('ignores queue messages that name no message', async () => {
    const url = queueUrl();
    for (const body of ['garbage', '{}', JSON.stringify({ tenant: 1, store: 1, id: 'ff'.repeat(16) })])
      await stack.clients.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }));
    await send(['after@out.test'], 'From: anna@mail.test\r\nSubject: after garbage\r\n\r\nx');
    await arrived('after garbage');
  });
});

const queueUrl = (): string => {
  const url = [...stack.deployment.queues.values()]
    .map((queue) => queue.url)
    .find((each) => /outgoingqueue/.test(each));
  if (!url) throw new Error('no outgoing queue');
  return url;
};

/** Submits a message with a parameter of MAIL that mail programs do not offer. */
async function submitHeld(hold: string, subject: string): Promise<void> {
  const client = await LineClient.open(submission(), { tls: true });
  await client.line();
  const login = Buffer.from('\0anna@mail.test\0pass').toString('base64');
  for (const line of [
    'EHLO x',
    `AUTH PLAIN ${login}`,
    `MAIL FROM:<anna@mail.test> ${hold}`,
    'RCPT TO:<h@out.test>',
    'DATA',
    `From: anna@mail.test\r\nSubject: ${subject}\r\n\r\nx\r\n.`,
  ]) {
    client.write(Buffer.from(`${line}\r\n`));
    for (let reply = '-'; /^\d*-/.test(reply); ) reply = await client.line();
  }
  client.close();
}

describe('a message that spoolers die on', () => {
  it('is set aside by the function on the dead-letter queue, and goes out after a retry', async () => {
    await submitHeld('HOLDFOR=3600', 'deadly');
    const row = () =>
      withDatabase((db) =>
        db.selectFrom('outgoing_queue').selectAll().where('subject', '=', 'deadly').executeTakeFirstOrThrow(),
      );
    const { tenant_id: tenant, store_id: store, id } = await row();
    const url = [...stack.deployment.queues.values()]
      .map((queue) => queue.url)
      .find((each) => /outgoingdeadletters/.test(each));
    for (let tries = 1; tries <= 4; tries++) {
      const MessageBody = JSON.stringify({ tenant, store, id: id.toString('hex') });
      await stack.clients.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody }));
      await until('the dead letter', async () => {
        const now = await row();
        return now.tries === tries || now.held === 1 ? true : undefined;
      });
      // Kept from being tried meanwhile.
      await withDatabase((db) =>
        db
          .updateTable('outgoing_queue')
          .set({ next_try_at: Date.now() + 3_600_000 })
          .where('subject', '=', 'deadly')
          .execute(),
      );
    }
    const list = await run(
      process.execPath,
      ['scripts/kopano/kopano-queue.ts', '--list', '-I', 'mail.test'],
      stack.environment,
    );
    expect(list.stdout).toMatch(/set aside[\s\S]*the spooler ended in the middle of it/);
    const api = apiClient(stack.apiPort ?? 0);
    const path = `/v1/tenants/mail.test/queue/${id.toString('hex')}/retry`;
    expect((await api('POST', path, { as: 'provider' })).status).toBe(204);
    await stack.fire('Sweep');
    await arrived('deadly');
  });
});

describe('the queue of an administrator', () => {
  const command = (...args: string[]) =>
    run(process.execPath, ['scripts/kopano/kopano-queue.ts', ...args], stack.environment);

  it('lists waiting messages with the relay’s last replies, retries them, and removes them', async () => {
    sink.answer = () => ({ code: 451, text: '4.3.0 full' });
    for (const subject of ['first', 'second'])
      await send(['w@out.test'], `From: anna@mail.test\r\nSubject: queue ${subject}\r\n\r\nx`);
    const api = apiClient(stack.apiPort ?? 0);
    const waiting = await until('both tried', async () => {
      const { items } = (await api('GET', '/v1/tenants/mail.test/queue', { as: 'provider' })).body;
      return items.length === 2 && items.every(({ tries }: { tries: number }) => tries > 0) ? items : undefined;
    });
    const listed = await command('--list', '-I', 'mail.test');
    expect(listed.stdout).toMatch(
      /Outgoing queue of mail\.test \(2\):[\s\S]*waiting {2}w@out\.test \(451 4\.3\.0 full\)/,
    );
    const [first, second] = waiting;
    // A spooler may be at it at this moment: the command says so, and is given again.
    const deleted = await until('the message is not being sent', async () => {
      const answer = await command('--delete', first.id);
      return answer.stderr.includes('being sent') ? undefined : answer;
    });
    expect(deleted).toMatchObject({ stderr: '', stdout: expect.stringContaining('taken out of the queue') });
    expect((await api('DELETE', `/v1/tenants/gone.test/queue/${second.id}`, { as: 'provider' })).status).toBe(404);
    expect(await command('--retry', 'all', '-I', 'mail.test')).toMatchObject({
      stderr: '',
      stdout: '1 messages will be tried again.\n',
    });
    sink.answer = () => undefined;
    await until('the second', async () => {
      await stack.fire('Sweep');
      return sink.messages.some(({ bytes }) => bytes.includes(`Subject: ${second.subject}`)) ? true : undefined;
    });
    expect(sink.messages.some(({ bytes }) => bytes.includes(`Subject: ${first.subject}`))).toBe(false);
    expect((await command('--retry', 'ff'.repeat(16))).stderr).toContain('no such message');
    const restored = await run(
      process.execPath,
      ['scripts/kopano/kopano-restore.ts', '-u', 'anna@mail.test', '--message', first.id],
      stack.environment,
    );
    expect(restored.stdout).toContain('Restored 0 folders and 1 messages.');
    expect((await bodies('anna', 'Outbox')).some((body) => body.includes(first.subject))).toBe(true);
  });
});

describe('a relay', () => {
  it('gets TLS and a login where that is configured; a wrong name in its certificate is refused', async () => {
    const certificate = JSON.parse(await localCertificate()) as { cert: string; key: string };
    const relay = await startSmtpSink({
      ...certificate,
      authOptional: false,
      onAuth: ({ username, password }, _session, done) =>
        username === 'relay' && password === 'secret' ? done(null, { user: 'relay' }) : done(new Error('no')),
    });
    const transport = (tls: 'required' | 'opportunistic', password = 'secret') =>
      new SmtpTransport({
        host: '127.0.0.1',
        port: relay.port,
        tls,
        auth: { user: 'relay', password },
        name: 'mail.test',
        timeoutMs: 5000,
      });
    const envelope = { sender: '', recipients: ["o'neil+tag@out.test", 'b@out.test'], size: 10 };
    const open = () => Readable.from([Buffer.from('Subject: x\r\n\r\n.\r\n')]);
    const good = transport('opportunistic');
    for (let i = 0; i < 3; i++)
      expect((await good.send(envelope, open, 10_000)).map(({ outcome }) => outcome)).toEqual(['sent', 'sent']);
    good.close();
    expect(relay.messages).toHaveLength(3);
    expect(relay.messages[0]).toMatchObject({ secure: true, user: 'relay', sender: '' });
    // A wrong password of ours says nothing about the message.
    expect(await transport('opportunistic', 'wrong').send(envelope, open, 10_000)).toMatchObject([
      { outcome: 'later', reply: expect.stringContaining('535') },
      { outcome: 'later' },
    ]);
    expect(await transport('required').send(envelope, open, 10_000)).toMatchObject([
      { outcome: 'later' },
      { outcome: 'later' },
    ]);
    await relay.stop();
    expect(await transport('opportunistic').send(envelope, open, 10_000)).toMatchObject([
      { outcome: 'later' },
      { outcome: 'later' },
    ]);
  });
});

describe('SES', () => {
  it('gets the raw message for at most 50 recipients a call; permanent refusals are distinguished from temporary ones', async () => {
    const calls: { Destination: { ToAddresses: string[] }; Content: { Raw: { Data: string } } }[] = [];
    let answer: { status: number; type?: string } = { status: 200 };
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.url !== '/v2/email/outbound-emails' || request.method !== 'POST') answer = { status: 404 };
        calls.push(JSON.parse(Buffer.concat(chunks).toString()));
        response.writeHead(answer.status, {
          'content-type': 'application/json',
          ...(answer.type ? { 'x-amzn-errortype': answer.type } : {}),
        });
        response.end(
          JSON.stringify(answer.type ? { message: 'said so' } : { MessageId: randomBytes(4).toString('hex') }),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const ses = new SESv2Client({
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
      maxAttempts: 1,
    });
    const transport = new SesTransport(ses);
    const recipients = Array.from({ length: 70 }, (_, i) => `r${i}@out.test`);
    const send = () =>
      transport.send(
        { sender: 'a@mail.test', recipients, size: 5 },
        () => Readable.from([Buffer.from('raw\r\n')]),
        10_000,
      );
    expect((await send()).every(({ outcome }) => outcome === 'sent')).toBe(true);
    expect(calls.map((call) => call.Destination.ToAddresses.length)).toEqual([50, 20]);
    expect(Buffer.from(calls[0]?.Content.Raw.Data ?? '', 'base64').toString()).toBe('raw\r\n');
    answer = { status: 400, type: 'MessageRejected' };
    expect((await send())[0]).toMatchObject({ outcome: 'failed', reply: '554 5.6.0 SES MessageRejected: said so' });
    answer = { status: 429, type: 'TooManyRequestsException' };
    expect((await send())[0]).toMatchObject({ outcome: 'later' });
    transport.close();
    server.close();
  });
});
