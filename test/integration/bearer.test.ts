import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LineClient } from '../../scripts/clients/line-client.ts';
import type { ImapContext } from '../../services/gateway/imap/context.ts';
import { ImapSession } from '../../services/gateway/imap/session.ts';
import { dbDirectory } from '../../shared/directory/db-directory.ts';
import { KopanoError } from '../../shared/mapi/error.ts';
import { silentLog } from '../../shared/platform/log.ts';
import { serveSessions } from '../../shared/platform/service.ts';
import { FolderIndexes } from '../../shared/store/folder-index.ts';
import { openTestStore, type TestStore } from '../support/test-store.ts';

// Tokens: what they are worth is the business of whoever issues them; here it is a function.

let store: TestStore;
let server: Server;
const failed: string[] = [];

beforeAll(async () => {
  store = await openTestStore();
  const { login } = await store.mailbox('anna@token.test');
  const directory = dbDirectory(store.db, store.options);
  const context = {
    store,
    directory,
    throttle: { allows: async () => true, failed: async (user: string) => void failed.push(user) },
    logonTimes: { loggedOn() {}, loggedOff() {} },
    indexes: new FolderIndexes(store.db),
    checkToken: async (token: string, user: string | undefined) => {
      if (token !== 'good.token' || (user !== undefined && user !== login))
        throw new KopanoError('LOGON_FAILED', 'the token is worth nothing');
      return directory.authenticate(login, 'secret');
    },
    log: silentLog,
    tls: undefined,
  } as unknown as ImapContext;
  server = createServer(serveSessions((socket) => new ImapSession(socket, context, true), silentLog).accept);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.close();
  await store.close();
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function dialogue(...lines: string[]): Promise<string[]> {
  const client = await LineClient.open((server.address() as AddressInfo).port);
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
