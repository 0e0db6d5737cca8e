import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LineClient } from '../../scripts/clients/line-client.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { openTestStore, type TestStore } from '../support/test-store.ts';

// Bearer tokens over IMAP, checked by an authenticator of the test's own.

let store: TestStore;
let gateway: TestGateway;
const failed: string[] = [];

beforeAll(async () => {
  store = await openTestStore();
  const { login } = await store.mailbox('anna@token.test');
  const directory = dbSource(store.db, store.options);
  gateway = await startTestGateway(store, {
    throttle: {
      reserve: async (user) => ({
        settle: async (verdict) => {
          if (verdict === 'wrong') failed.push(user ?? '');
        },
      }),
    },
    authenticators: [
      {
        checkToken: async (token, user) =>
          token === 'good.token' && (user === undefined || user === login) ? directory.account(login) : undefined,
      },
    ],
  });
});
afterAll(async () => {
  gateway.close();
  await store.close();
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function dialogue(...lines: string[]): Promise<string[]> {
  const client = await LineClient.open(gateway.port);
  const answers = [await client.line()];
  for (const line of lines) {
    client.write(`${line}\r\n`);
    answers.push(await client.line());
  }
  client.close();
  return answers;
}

describe('bearer tokens', () => {
  it('are announced, and let in whom they are of (RFC 7628)', async () => {
    const response = base64('n,a=anna@token.test,\x01host=h\x01port=993\x01auth=Bearer good.token\x01\x01');
    const [greeting, answer] = await dialogue(`a AUTHENTICATE OAUTHBEARER ${response}`);
    expect(greeting).toContain('AUTH=OAUTHBEARER AUTH=XOAUTH2');
    expect(answer).toMatch(/^a OK /);
    expect((await dialogue('a AUTHENTICATE OAUTHBEARER', response)).slice(1)).toEqual([
      '+ ',
      expect.stringMatching(/^a OK /),
    ]);
  });

  it('come in the form of XOAUTH2 too', async () => {
    const response = base64('user=anna@token.test\x01auth=Bearer good.token\x01\x01');
    expect((await dialogue(`a AUTHENTICATE XOAUTH2 ${response}`))[1]).toMatch(/^a OK /);
  });

  it.each([
    ['a wrong token', 'n,a=anna@token.test,\x01auth=Bearer bad\x01\x01'],
    ['the token of somebody else', 'n,a=bert@token.test,\x01auth=Bearer good.token\x01\x01'],
  ])('%s is told as JSON, then refused, and counts as a failed login', async (_, text) => {
    const before = failed.length;
    const [, challenge = '', answer] = await dialogue(`a AUTHENTICATE OAUTHBEARER ${base64(text)}`, base64('\x01'));
    expect(JSON.parse(Buffer.from(challenge.slice(2), 'base64').toString())).toEqual({ status: 'invalid_token' });
    expect(answer).toMatch(/^a NO \[AUTHENTICATIONFAILED\]/);
    expect(failed.length).toBe(before + 1);
  });

  it.each(['', 'n,,\x01\x01', 'n,,\x01auth=Basic x\x01\x01', 'user=a\x01auth=Bearer good.token\x01\x01'])(
    'a response of another form is refused as such: %j',
    async (text) => {
      expect((await dialogue(`a AUTHENTICATE OAUTHBEARER ${base64(text) || '='}`))[1]).toMatch(/^a BAD /);
    },
  );
});
