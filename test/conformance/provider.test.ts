import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { purge } from '../../functions/softdelete-purge/purge.ts';
import { apiClient } from '../../scripts/clients/api-client.ts';
import { ImapClient } from '../../scripts/clients/imap-client.ts';
import { LmtpClient } from '../../scripts/clients/lmtp-client.ts';
import { type SmtpSink, startSmtpSink } from '../../scripts/clients/smtp-sink.ts';
import { freePort } from '../../scripts/local/ports.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';
import { s3Objects } from '../../shared/blobs/s3-objects.ts';
import { openDatabase } from '../../shared/database/database.ts';
import { removeTenant, tenantsToRemove } from '../../shared/directory/tenants/remove-tenant.ts';
import { dynamoRegistry } from '../../shared/directory/tenants/tenant-registry.ts';
import { parseOptions } from '../../shared/platform/options.ts';
import type { StoreContext } from '../../shared/store/engine/context.ts';
import { fsck } from '../../shared/store/upkeep/fsck.ts';
import { startPostfix } from '../support/postfix.ts';
import { run } from '../support/run.ts';

// A provider's days, from the first tenant to its end, with curl, Debian's Postfix as the relay, and Kopano's commands.

const DAY = 86_400_000;

let sink: SmtpSink;
let stack: TemporaryStack;
let postfix: { stop(): Promise<void> };
const OPTIONS = { softdelete_lifetime: 30 };

beforeAll(async () => {
  sink = await startSmtpSink();
  const relayPort = await freePort();
  stack = await startTemporaryStack({
    durable: false,
    options: { ...OPTIONS, smtp_server: '127.0.0.1', smtp_port: relayPort, queue_retry_delay: 1 },
  });
  postfix = await startPostfix({
    port: relayPort,
    domains: ['north.test', 'south.test'],
    lmtpPort: stack.port('lmtp', 'lmtp'),
    relayPort: sink.port,
  });
});
afterAll(async () => {
  await postfix?.stop();
  await stack?.stop();
  await sink?.stop();
});

// biome-ignore lint/suspicious/noExplicitAny: the caller knows the shape of the route's answer
type Answer = { status: number; body: any };

/** curl as the provider, signed for IAM, or with a tenant's key. */
async function curl(method: string, path: string, body?: unknown, key?: string): Promise<Answer> {
  const credentials =
    key === undefined
      ? ['--aws-sigv4', 'aws:amz:us-east-1:execute-api', '--user', 'test:test']
      : ['-H', `authorization: Bearer ${key}`];
  const { stdout } = await run('curl', [
    ...['-sS', '-X', method, '-w', '\n%{http_code}', ...credentials],
    ...(body === undefined ? [] : ['-H', 'content-type: application/json', '-d', JSON.stringify(body)]),
    `http://127.0.0.1:${stack.apiPort}${key === undefined ? '' : '/admin'}${path}`,
  ]);
  const [, text = '', status = ''] = /^(.*)\n(\d+)$/s.exec(stdout) ?? [];
  return { status: Number(status), body: text === '' ? undefined : JSON.parse(text) };
}

const password = (login: string): string => `password of ${login.split('@')[0]}`;

const imap = (login: string, secret = password(login)) =>
  ImapClient.open(stack.port('gateway', 'imaps'), login, secret);

async function bodies(login: string, folder = 'INBOX'): Promise<string[]> {
  const client = await imap(login);
  const found = await client.bodies(folder);
  client.close();
  return [...found.values()].map(String);
}

/** Submits with curl over STARTTLS; gives the last reply that says what became of it. */
async function submit(from: string, to: string[], subject: string, sender = from): Promise<string> {
  const message = `From: ${sender}\\r\\nTo: ${to.join(', ')}\\r\\nSubject: ${subject}\\r\\n\\r\\ntext\\r\\n`;
  const recipients = to.map((each) => `--mail-rcpt ${each}`).join(' ');
  const { stdout } = await run('bash', [
    '-c',
    `printf '${message}' | curl -sSkv --ssl-reqd smtp://127.0.0.1:${stack.port('submission', 'submission')}/client.test -u '${from}:${password(from)}' --mail-from ${sender} ${recipients} -T - 2>&1`,
  ]);
  const replies = [...stdout.matchAll(/^< ((?:[45]\d\d|250 2\.0\.0 Queued).*?)\r?$/gm)].map((match) => match[1] ?? '');
  return replies.at(-1) ?? stdout;
}

async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let tries = 0; tries < 200; tries++) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(100);
  }
  throw new Error(`${what} did not come about within 20 s`);
}

const mailIn = (login: string, subject: string, folder?: string) =>
  until(`${subject} for ${login}`, async () =>
    (await bodies(login, folder)).find((body) => body.includes(`Subject: ${subject}\r\n`)),
  );

const user = (login: string, more: object = {}) => ({
  login,
  email: login,
  password: password(login),
  fullName: login,
  features: ['imap'],
  ...more,
});

const keys: Record<string, string> = {};

/** The real parts, with the clock moved. */
async function later<T>(days: number, work: (context: StoreContext) => Promise<T>): Promise<T> {
  const db = openDatabase({ ...stack.database, database: 'kopano', tls: false, poolSize: 2 });
  try {
    return await work({
      db,
      objects: s3Objects(stack.clients.s3, stack.environment.ATTACHMENTS_BUCKET ?? ''),
      clock: () => Date.now() + days * DAY,
      options: parseOptions(OPTIONS),
      signalChanges: () => {},
    });
  } finally {
    await db.destroy();
  }
}

describe('a provider', () => {
  it('onboards two tenants with curl, and their administrators make users', async () => {
    for (const name of ['north', 'south']) {
      const began = performance.now();
      const made = await curl('POST', '/v1/tenants', {
        name,
        domain: `${name}.test`,
        admin: user(`admin@${name}.test`),
        limits: { users: 10, groups: 2, hourlyMessages: 1000 },
      });
      expect(made).toMatchObject({ status: 201, body: { state: 'ready' } });
      expect(performance.now() - began).toBeLessThan(5000);
      expect(made.body.dns.map(({ purpose }: { purpose: string }) => purpose)).toEqual(
        expect.arrayContaining([expect.stringMatching(/^DKIM/), expect.stringMatching(/^SPF/), 'incoming mail']),
      );
      const key = await curl('POST', `/v1/tenants/${name}/keys`, { name: 'helpdesk', scope: 'tenant' });
      keys[name] = key.body.secret;
      for (const login of ['anna', 'bert'])
        expect(
          await curl('POST', `/v1/tenants/${name}/users`, user(`${login}@${name}.test`), keys[name]),
        ).toMatchObject({ status: 201 });
    }
  });

  it('has the published records looked up', async () => {
    const check = await curl('GET', '/v1/tenants/north/domains/north.test/dns', undefined, keys.north);
    expect(check).toMatchObject({ status: 200, body: { name: 'north.test', complete: false } });
    // No name below .test is published, whichever resolver is asked; without a resolver the state is unknown.
    for (const { published } of check.body.records) expect(['no', 'unknown']).toContain(published);
  });

  it('sees users of both write to each other and to the world, over the relay and back by LMTP', async () => {
    expect(await submit('anna@north.test', ['bert@south.test', 'world@out.test'], 'to the south')).toMatch(
      /^250 2\.0\.0 Queued as/,
    );
    expect(await mailIn('bert@south.test', 'to the south')).toContain('Received: from mail.example.com');
    expect(await submit('bert@south.test', ['anna@north.test'], 'to the north')).toMatch(/^250/);
    await mailIn('anna@north.test', 'to the north');
    const outside = await until('mail for the world', () =>
      sink.messages.find(({ recipients }) => recipients.includes('world@out.test')),
    );
    expect(outside.bytes.toString()).toMatch(/^DKIM-Signature: /m);
    await mailIn('anna@north.test', 'to the south', 'Sent Items');
    expect(await bodies('anna@north.test', 'Outbox')).toEqual([]);
  });

  it('has groups whose address reaches all members, nested ones too, and delegates who may send as another user', async () => {
    const key = keys.north;
    const route = '/v1/tenants/north/groups';
    expect(await curl('POST', route, { name: 'team', email: 'team@north.test' }, key)).toMatchObject({ status: 201 });
    expect(await curl('POST', route, { name: 'inner' }, key)).toMatchObject({ status: 201 });
    expect(await curl('POST', route, { name: 'third' }, key)).toMatchObject({ status: 409 });
    for (const member of ['team/users/anna@north.test', 'inner/users/bert@north.test', 'team/groups/inner'])
      expect((await curl('PUT', `${route}/${member}`, undefined, key)).status).toBe(204);
    expect((await curl('PUT', `${route}/inner/groups/team`, undefined, key)).status).toBe(422);
    await submit('bert@south.test', ['team@north.test'], 'to the team');
    for (const member of ['anna', 'bert']) await mailIn(`${member}@north.test`, 'to the team');

    const inHisName = () => submit('anna@north.test', ['w@out.test'], 'in his name', 'bert@north.test');
    expect(await inHisName()).toMatch(/^553 5\.7\.1/);
    expect(
      (await curl('PUT', '/v1/tenants/north/users/bert@north.test/send-as/anna@north.test', undefined, key)).status,
    ).toBe(204);
    expect(await inHisName()).toMatch(/^250/);
  });

  it('sees a bounce come back', async () => {
    sink.answer = (recipient) => (recipient === 'gone@out.test' ? { code: 550, text: '5.1.1 moved away' } : undefined);
    await submit('anna@north.test', ['gone@out.test'], 'into the void');
    const bounce = await until('the bounce', async () =>
      (await bodies('anna@north.test')).find((body) => body.includes('5.1.1 moved away')),
    );
    expect(bounce).toContain('multipart/report; report-type=delivery-status');
    sink.answer = () => undefined;
  });

  it('mails a user at each quota level, then refuses the user’s outgoing and at last incoming mail', async () => {
    const login = 'full@north.test';
    await curl(
      'POST',
      '/v1/tenants/north/users',
      user(login, { quota: { warn: 10_000, soft: 20_000, hard: 30_000 } }),
      keys.north,
    );
    const lmtp = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
    const fill = async () =>
      (await lmtp.send([login], Buffer.from(`Subject: filler\r\n\r\n${'x'.repeat(10_500)}\r\n`)))[0];
    expect(await fill()).toMatch(/^250/);
    await stack.fire('QuotaMonitor');
    await until('the warning', async () => ((await bodies(login)).length === 2 ? true : undefined));
    expect(await submit(login, ['w@out.test'], 'still free')).toMatch(/^250/);
    expect(await fill()).toMatch(/^250/);
    await stack.fire('QuotaMonitor');
    await until('the second mail', async () => ((await bodies(login)).length === 4 ? true : undefined));
    expect(await submit(login, ['w@out.test'], 'too much')).toMatch(/^552 5\.2\.2/);
    expect(await fill()).toMatch(/^552 5\.2\.2/);
    lmtp.close();
    const subjects = (await bodies(login)).flatMap((body) => /^Subject: (.*)\r$/m.exec(body)?.[1] ?? []);
    expect(subjects).toEqual(
      expect.arrayContaining(['Your mailbox is nearly full', 'Your mailbox is full: you cannot send mail']),
    );
  });

  it('restores deleted messages and folders, by command and by API', async () => {
    const login = 'bert@south.test';
    const client = await imap(login);
    await client.command('CREATE Projects');
    await client.command('SELECT INBOX');
    await client.command('COPY 1 Projects');
    await client.command('STORE 1:* +FLAGS (\\Deleted)');
    await client.command('EXPUNGE');
    await client.command('DELETE Projects');
    expect(await bodies(login)).toEqual([]);
    const restore = (...args: string[]) =>
      run(process.execPath, ['scripts/kopano/kopano-restore.ts', '-u', login, ...args], stack.environment);
    const list = JSON.parse((await restore('--list', '--json')).stdout);
    expect(list).toMatchObject({ folders: [{ name: 'Projects', messages: 1 }] });
    const deleted = list.messages.find(({ folderName }: { folderName: string }) => folderName === 'Inbox');
    expect((await restore('--message', deleted.id)).stdout).toContain('1 messages');
    expect(await bodies(login)).toHaveLength(1);
    const back = await curl(
      'POST',
      `/v1/tenants/south/users/${login}/deleted/restore`,
      { folders: [list.folders[0].id] },
      keys.south,
    );
    expect(back).toMatchObject({ status: 200, body: { folders: ['Projects'] } });
    expect(await bodies(login, 'Projects')).toHaveLength(1);
    client.close();
  });

  it('purges items that were deleted thirty days ago, and no later ones', async () => {
    const login = 'bert@south.test';
    const client = await imap(login);
    await client.command('SELECT INBOX');
    await client.command('STORE 1:* +FLAGS (\\Deleted)');
    await client.command('EXPUNGE');
    await client.command('DELETE Projects');
    client.close();
    const left = async () =>
      (await curl('GET', `/v1/tenants/south/users/${login}/deleted`, undefined, keys.south)).body;
    await later(29, (context) => purge(context, () => true));
    expect((await left()).folders).toHaveLength(1);
    expect(await later(31, (context) => purge(context, () => true))).toMatchObject({ folders: 1 });
    expect(await left()).toEqual({ items: [], folders: [] });
    expect(await later(0, (context) => fsck(context.db, context.objects).then(({ problems }) => problems))).toEqual([]);
  });

  it('suspends a tenant, exports it, deletes it, and its name is free once the grace period is over', async () => {
    const exported = await curl('GET', '/v1/tenants/north/export', undefined, keys.north);
    expect(exported.body).toMatchObject({
      name: 'north',
      domains: ['north.test'],
      users: [
        { login: 'admin@north.test', adminLevel: 1 },
        { login: 'anna@north.test' },
        { login: 'bert@north.test' },
        { login: 'full@north.test', quota: { hard: 30_000 } },
      ],
      groups: [{ name: 'inner' }, { name: 'team', users: ['anna@north.test'], groups: ['inner'] }],
    });
    expect(JSON.stringify(exported.body)).not.toContain('argon2');

    expect((await curl('POST', '/v1/tenants/north/suspend')).status).toBe(204);
    await expect(imap('anna@north.test')).rejects.toThrow();
    expect(await submit('anna@north.test', ['w@out.test'], 'no more')).not.toMatch(/^250 2\.0\.0 Queued/);
    expect((await curl('GET', '/v1/tenants/north', undefined, keys.north)).status).toBe(403);

    expect((await curl('POST', '/v1/tenants/north/delete', { graceDays: 7 })).status).toBe(204);
    const registry = dynamoRegistry(stack.clients.dynamodb, stack.environment.CONTROL_TABLE ?? '', Date.now);
    const remove = (days: number) =>
      later(days, async (context) => {
        const due = await tenantsToRemove(context.db, context.clock());
        for (const tenant of due) await removeTenant(context, registry, tenant, () => true);
        return due.map(({ name }) => name);
      });
    expect(await remove(6)).toEqual([]);
    expect(await remove(8)).toEqual(['north']);
    expect((await curl('GET', '/v1/tenants/north')).status).toBe(404);
    const api = apiClient(stack.apiPort ?? 0);
    expect(
      (await api('GET', '/v1/tenants', { as: 'provider' })).body.items.map(({ name }: { name: string }) => name),
    ).toEqual(['south']);
    expect(await later(0, (context) => fsck(context.db, context.objects).then(({ problems }) => problems))).toEqual([]);
    // The neighbour is untouched, and the name can be taken again.
    expect(
      await curl('POST', '/v1/tenants', { name: 'north', domain: 'north.test', admin: user('new@north.test') }),
    ).toMatchObject({ status: 201 });
    expect((await bodies('anna@south.test')).length).toBeGreaterThanOrEqual(0);
  });
});
