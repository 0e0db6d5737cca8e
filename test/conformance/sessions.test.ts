import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiClient, tenantOrder, userOrder } from '../../scripts/clients/api-client.ts';
import { LineClient } from '../../scripts/clients/line-client.ts';
import { SoapClient } from '../../scripts/clients/soap-client.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';
import { ERROR_CODES } from '../../shared/mapi/error.ts';

// Sessions of one user in every protocol and on several tasks, and what ends them.

let stack: TemporaryStack;
let tasks: { imap: number; soap: number }[];

beforeAll(async () => {
  stack = await startTemporaryStack({
    durable: false,
    options: { smtp_server: '127.0.0.1', smtp_port: 9, disabled_features: '' },
  });
  const [gateway, server] = [await stack.another('gateway'), await stack.another('store-server')];
  tasks = [
    { imap: stack.port('gateway', 'imaps'), soap: stack.port('store-server', 'soap') },
    { imap: gateway.ports.imaps ?? 0, soap: server.ports.soap ?? 0 },
  ];
  await call('POST', '/v1/tenants', tenantOrder('ends'));
}, 180_000);
afterAll(() => stack?.stop());

const call = async (method: string, path: string, body?: unknown) => {
  const answer = await apiClient(stack.apiPort ?? 0)(method, path, { as: 'provider', body });
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
};

/** A session that is open, and how it says that it is over: after how many milliseconds. */
type Open = Promise<{ name: string; over: Promise<unknown> }>;

const lines = async (port: number, ...dialogue: [send: string, until: RegExp][]): Promise<LineClient> => {
  const client = await LineClient.open(port, { tls: true });
  for (const [send, until] of dialogue) {
    if (send !== '') client.write(`${send}\r\n`);
    while (!until.test(await client.line()));
  }
  return client;
};
/** The line that a client hears next, and then nothing more. */
const lastLine = async (client: LineClient): Promise<string> => {
  const line = await client.line();
  await expect(client.line()).rejects.toThrow('closed');
  return line;
};

const imap = async (task: number, login: string, password: string, ...more: [string, RegExp][]): Open => {
  const client = await lines(
    tasks[task]?.imap ?? 0,
    ['', /^\* OK/],
    [`a LOGIN ${login} "${password}"`, /^a OK/],
    ['b SELECT INBOX', /^b OK/],
    ...more,
  );
  return {
    name: `imap ${task} ${more.length}`,
    over: lastLine(client).then((line) => expect(line).toBe('* BYE Your account has changed: log in again')),
  };
};
const pop3 = async (login: string, password: string): Open => {
  const client = await lines(
    stack.port('gateway', 'pop3s'),
    ['', /^\+OK/],
    [`USER ${login}`, /^\+OK/],
    [`PASS ${password}`, /^\+OK/],
  );
  return {
    name: 'pop3',
    over: lastLine(client).then((line) => expect(line).toBe('-ERR [AUTH] Your account has changed: log in again')),
  };
};
const submission = async (login: string, password: string): Open => {
  const credentials = Buffer.from(`\0${login}\0${password}`).toString('base64');
  const client = await lines(
    stack.port('submission', 'submissions'),
    ['', /^220/],
    ['EHLO client.test', /^250 /],
    [`AUTH PLAIN ${credentials}`, /^235/],
    [`MAIL FROM:<${login}>`, /^250/],
  );
  return { name: 'submission', over: lastLine(client).then((line) => expect(line).toMatch(/^421 4\.7\.0 /)) };
};
/** A SOAP session of the first task that waits for notifications, asked at `task`. */
const soap = async (task: number, login: string, password: string): Open => {
  const client = await SoapClient.logon({ port: tasks[0]?.soap ?? 0 }, login, password);
  const asked = new SoapClient({ port: tasks[task]?.soap ?? 0 });
  asked.session = client.session;
  return {
    name: `soap ${task}`,
    over: asked.call('notifyGetItems', {}).then(async ({ er }) => {
      expect(er).toBe(ERROR_CODES.END_OF_SESSION);
      expect((await asked.call('getStore', {})).er).toBe(ERROR_CODES.END_OF_SESSION);
    }),
  };
};

async function openAll(name: string): Promise<Awaited<Open>[]> {
  const { login, password } = userOrder(name, 'ends.test');
  return Promise.all([
    imap(0, login, password),
    imap(1, login, password),
    imap(0, login, password, ['c IDLE', /^\+/]),
    imap(1, login, password, ['c IDLE', /^\+/]),
    imap(1, login, password, ['c NOTIFY SET (SELECTED (MessageNew MessageExpunge))', /^c OK/]),
    pop3(login, password),
    submission(login, password),
    soap(0, login, password),
    soap(1, login, password),
  ]);
}

const CHANGES: Record<string, (login: string) => Promise<void>> = {
  'another password': (login) =>
    call('PUT', `/v1/tenants/ends/users/${login}/password`, { password: 'another password' }),
  'being inactive': (login) => call('PATCH', `/v1/tenants/ends/users/${login}`, { active: false }),
  'a feature less': (login) => call('PATCH', `/v1/tenants/ends/users/${login}`, { featuresOff: ['pop3'] }),
  deletion: (login) => call('DELETE', `/v1/tenants/ends/users/${login}`),
  'suspension of the tenant': () => call('POST', '/v1/tenants/ends/suspend'),
};

describe('open sessions', () => {
  it.each(Object.keys(CHANGES))('in every protocol and on every task end within five seconds with %s', async (what) => {
    const name = `u${Object.keys(CHANGES).indexOf(what)}`;
    await call('POST', '/v1/tenants/ends/users', userOrder(name, 'ends.test'));
    const sessions = await openAll(name);
    // Nothing has ended by itself.
    await new Promise((resolve) => setTimeout(resolve, 200));
    await CHANGES[what]?.(`${name}@ends.test`);
    const began = performance.now();
    const times = await Promise.all(
      sessions.map(async ({ name: which, over }) => {
        await over;
        return [which, Math.round(performance.now() - began)] as const;
      }),
    );
    for (const [which, ms] of times) expect(ms, which).toBeLessThan(5_000);
  });
});
