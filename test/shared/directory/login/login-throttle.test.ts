import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CanonicalLogin, canonicalLogin } from '../../../../shared/directory/login/canonical-login.ts';
import { dynamoThrottle, LoginDelayed, type LoginThrottle } from '../../../../shared/directory/login/login-throttle.ts';
import { silentLog } from '../../../../shared/platform/log.ts';

// The throttle on a table in memory, with a clock that goes on when something waits.

let server: Server;
let dynamo: DynamoDBClient;
let now: number;
let name = 0;
let throttle: LoginThrottle;

const client = (port: number) =>
  new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
const another = (on = dynamo) =>
  dynamoThrottle(on, 'control', {
    clock: () => now,
    log: silentLog,
    wait: async (ms) => {
      now += ms;
    },
  });

beforeAll(async () => {
  server = dynalite({ createTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  dynamo = client((server.address() as AddressInfo).port);
  await dynamo.send(
    new CreateTableCommand({
      TableName: 'control',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    }),
  );
});
afterAll(() => {
  dynamo.destroy();
  server.close();
});
beforeEach(() => {
  now = 1_700_000_000_000 + name++ * 86_400_000;
  throttle = another();
});

const loginOf = (given: string): CanonicalLogin => {
  const login = canonicalLogin(given);
  if (!login) throw new Error('no login');
  return login;
};
/** A user of this test alone. */
const user = (who = 'ann') => loginOf(`${who}${name}@a.test`);
const net = (host: number, block = 1) => `10.${name}.${block}.${host}`;

const right = async (login: CanonicalLogin, from: string, by = throttle) =>
  (await by.reserve(login, from)).settle('right');
/** Whether each of so many guesses, one after the other, was looked at. */
async function wrong(times: number, login: CanonicalLogin, from: string, by = throttle): Promise<number> {
  let checked = 0;
  for (let i = 0; i < times; i++) {
    const guess = await by.reserve(login, from).catch((error: unknown) => {
      if (error instanceof LoginDelayed) return undefined;
      throw error;
    });
    await guess?.settle('wrong');
    if (guess) checked++;
  }
  return checked;
}

describe('the login throttle', { timeout: 60_000 }, () => {
  it('slows down an unknown client more and more, but never for ever', async () => {
    expect(await wrong(10, user(), net(1))).toBe(10);
    const began = now;
    // Two pauses, of one and two seconds, are waited for; then guesses are refused unseen.
    expect(await wrong(50, user(), net(1))).toBe(2);
    expect(now - began).toBeLessThan(4_000);
    now += 4_000;
    expect(await wrong(1, user(), net(1))).toBe(1);
    now += 4_000;
    expect(await wrong(1, user(), net(1))).toBe(0);
    now += 3_600_000;
    expect(await wrong(11, user(), net(1))).toBe(11);
  });

  it('lets the right password in a second after ten wrong ones', async () => {
    await wrong(10, user(), net(1));
    const began = now;
    await right(user(), net(1));
    expect(now - began).toBeLessThanOrEqual(1_000);
  });

  it('looks at no more guesses when they come all at once, on two tasks', async () => {
    const tasks = [throttle, another()];
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        (tasks[i % 2] ?? throttle).reserve(user(), net(i)).then(
          () => true,
          (error: unknown) => {
            if (!(error instanceof LoginDelayed)) throw error;
            return false;
          },
        ),
      ),
    );
    expect(results.filter(Boolean).length).toBeLessThanOrEqual(13);
  });

  it('never locks a user out of a known network, wherever the guesses come from', async () => {
    await right(user(), net(7));
    now += 20 * 86_400_000;
    // From there on another task, long after the first one's trust has ended.
    const other = another();
    const began = now;
    await wrong(200, user(), net(8), other);
    // One a second, after the first twenty.
    expect(now - began).toBeGreaterThanOrEqual(170_000);
    await right(user(), net(9), other);
    for (let block = 2; block < 14; block++) await wrong(10, user(), net(1, block), other);
    await right(user(), net(9), other);
    await right(user(), net(9), another());
  });

  it('lets the user in between endless guesses from the same address', async () => {
    await right(user(), net(7));
    const other = another();
    await wrong(30, user(), net(7), other);
    for (let i = 0; i < 10; i++) {
      const began = now;
      await wrong(1, user(), net(7), other);
      await right(user(), net(7), other);
      expect(now - began).toBeLessThanOrEqual(3_000);
    }
  });

  it('slows down all unknown networks that guess at one user, but not the known one', async () => {
    await right(user(), net(1));
    let checked = 0;
    for (let block = 2; block < 26; block++) checked += await wrong(5, user(), net(1, block));
    expect(checked).toBeLessThanOrEqual(110);
    await right(user(), net(2));
    await right(user('bob'), net(1, 99));
  });

  it('slows down a network that guesses at many users, but not the users who are known there', async () => {
    await right(user('bob'), net(2));
    let checked = 0;
    for (let i = 0; i < 150; i++) checked += await wrong(1, user(`u${i}-`), net(i));
    expect(checked).toBe(100);
    await right(user('bob'), net(3));
    await right(user('carl'), net(1, 2));
    now += 6_000;
    await right(user('carl'), net(2));
  });

  it('takes nothing from a network for guesses that it refuses', async () => {
    // All that may be guessed at one user from unknown networks.
    for (let block = 2; block < 12; block++) await wrong(10, user(), net(1, block));
    // Each on a task of its own, which remembers no refusal.
    let refused = 0;
    for (let i = 0; i < 120; i++) refused += 1 - (await wrong(1, user(), net(1, 99), another()));
    expect(refused).toBeGreaterThan(100);
    let checked = 0;
    for (let i = 0; i < 90; i++) checked += await wrong(1, user(`w${i}-`), net(i, 99));
    expect(checked).toBe(90);
  });

  it('does not count correct passwords: any number of logins, one after the other and at once', async () => {
    for (let i = 0; i < 30; i++) await right(user(), net(i), another());
    await Promise.all(Array.from({ length: 8 }, () => right(user('bob'), net(1))));
    await Promise.all(Array.from({ length: 16 }, () => right(user('bob'), net(1), another())));
  });

  it('does not count guesses that could not be checked', async () => {
    for (let i = 0; i < 50; i++) await (await throttle.reserve(user(), net(1))).settle('undecided');
    expect(await wrong(10, user(), net(1))).toBe(10);
  });

  it('does not use the table for correct logins soon after a login, but does after the first wrong guess', async () => {
    await right(user(), net(1));
    const { send } = dynamo;
    let sent = 0;
    dynamo.send = ((...args: Parameters<typeof send>) => {
      sent++;
      return Reflect.apply(send, dynamo, args);
    }) as typeof send;
    for (let i = 0; i < 20; i++) await right(user(), net(1));
    expect(sent).toBe(0);
    await wrong(1, user(), net(1));
    expect(sent).toBe(2);
    await right(user(), net(1));
    expect(sent).toBeGreaterThan(2);
    dynamo.send = send;
    const began = now;
    await wrong(100, user(), net(1));
    expect(now - began).toBeGreaterThanOrEqual(70_000);
  });

  it('lets no more than a trickle through while its table is unreachable', async () => {
    const alone = another(client(1));
    expect(await wrong(20, user(), net(1), alone)).toBe(3);
    let checked = 0;
    for (let i = 0; i < 50; i++) checked += await wrong(1, user(`v${i}-`), net(i), alone);
    expect(checked).toBeLessThanOrEqual(20);
    now += 30_000;
    expect(await wrong(20, user(), net(1), alone)).toBe(1);
  });
});
