import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImapClient } from '../../scripts/clients/imap-client.ts';
import { logonRequest, SoapClient } from '../../scripts/clients/soap-client.ts';
import { makeTenant } from '../../scripts/local/demo.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';
import { encodeEntryId } from '../../shared/mapi/entry-id.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import { encodeRequest } from '../../shared/protocol/soap/encode.ts';
import { run } from '../support/run.ts';

// Kopano's own protocol over its transports, with curl as the client.

let stack: TemporaryStack;
beforeAll(async () => {
  stack = await startTemporaryStack({ durable: false, options: { deliver_local_directly: 'yes' } });
  await stack.tenant('soap.test', ['anna', 'bert']);
});
afterAll(() => stack.stop());

const logon = (user: string, password: string): string => encodeRequest('logon', logonRequest(user, password)).envelope;
const http = (): string => `http://127.0.0.1:${stack.port('store-server', 'soap')}/`;
const https = (): string => `https://127.0.0.1:${stack.port('store-server', 'soaps')}/`;

/** Posts a body and gives what came. */
const post = async (body: string | Buffer, ...args: string[]): Promise<string> => {
  const file = path.join(stack.data, 'request.xml');
  writeFileSync(file, body);
  return (await run('curl', ['-s', '--data-binary', `@${file}`, '-H', 'Content-Type: text/xml', ...args])).stdout;
};

describe('transports', () => {
  it('HTTP and TLS take a password', async () => {
    expect(await post(logon('anna@soap.test', 'pass'), http())).toContain('<er>0</er>');
    expect(await post(logon('anna@soap.test', 'pass'), '-k', https())).toContain('<er>0</er>');
    expect(await post(logon('anna@soap.test', 'wrong'), http())).toMatch(/<er>214748\d+<\/er>/);
  });

  it('SYSTEM logs on over the local socket alone', async () => {
    expect(await post(logon('SYSTEM', ''), '--unix-socket', stack.soapSocket, 'http://localhost/')).toContain(
      '<er>0</er>',
    );
    expect(await post(logon('SYSTEM', ''), http())).toMatch(/<er>214748\d+<\/er>/);
    expect(await post(logon('SYSTEM', ''), '-k', https())).toMatch(/<er>214748\d+<\/er>/);
  });

  it('a body may come compressed, in chunks, and after a question', async () => {
    const body = logon('anna@soap.test', 'pass');
    expect(await post(gzipSync(body), '-H', 'Content-Encoding: gzip', '--compressed', http())).toContain('<er>0</er>');
    expect(await post(body, '-H', 'Transfer-Encoding: chunked', http())).toContain('<er>0</er>');
    expect(await post(body, '-H', 'Expect: 100-continue', http())).toContain('<er>0</er>');
  });

  it('a request that is no envelope gets a fault, and the connection stays open', async () => {
    const { stdout } = await run('curl', [
      '-s',
      '-w',
      '\n%{http_code} %{num_connects}\n',
      '-d',
      '<!DOCTYPE x [<!ENTITY y "z">]><x>&y;</x>',
      http(),
      '--next',
      '-s',
      '-w',
      '\n%{http_code} %{num_connects}\n',
      '-d',
      logon('anna@soap.test', 'pass'),
      http(),
    ]);
    expect(stdout).toContain('<faultcode>SOAP-ENV:Client</faultcode>');
    expect(stdout).toContain('<er>0</er>');
    expect(stdout.match(/^\d{3} \d$/gm)).toEqual(['500 1', '200 0']);
  });

  it('one that is large and wrong from its first byte does not cost the connection either', async () => {
    const large = path.join(stack.data, 'large.xml');
    writeFileSync(large, `<!DOCTYPE x><x>${'y'.repeat(5_000_000)}</x>`);
    const { stdout } = await run('curl', [
      ...[
        '-s',
        '-H',
        'Expect:',
        '-w',
        '\n%{http_code} %{num_connects}\n',
        '--data-binary',
        `@${large}`,
        http(),
        '--next',
      ],
      ...['-s', '-w', '\n%{http_code} %{num_connects}\n', '-d', logon('anna@soap.test', 'pass'), http()],
    ]);
    expect(stdout.match(/^\d{3} \d$/gm)).toEqual(['500 1', '200 0']);
  });

  it('a client that forges its origin is not believed', async () => {
    const forged = await post(
      logon('SYSTEM', ''),
      '-H',
      'X-Forwarded-For: 127.0.0.1',
      '-H',
      'X-Real-IP: 127.0.0.1',
      http(),
    );
    expect(forged).toMatch(/<er>214748\d+<\/er>/);
  });
});

describe('a read receipt', () => {
  it('that a client submits reaches the sender who asked for it, as a machine-readable report', async () => {
    const server = { port: stack.port('store-server', 'soap') };
    const bert = await SoapClient.logon(server, 'bert@soap.test', 'pass');
    const { guid = Buffer.alloc(0), sStoreId = Buffer.alloc(0) } = await bert.call('getStore', {});
    const { sSaveObject } = await bert.call('loadObject', { sEntryId: sStoreId });
    const outbox = sSaveObject?.modProps?.find(({ tag }) => tag === PR.IPM_OUTBOX_ENTRYID)?.value as Buffer;
    const sEntryId = encodeEntryId({ store: guid, type: OBJECT.MESSAGE, guid: randomBytes(16) });
    const object = { delProps: [], bDelete: false, ulClientId: 0, ulServerId: 0 };
    const saved = await bert.call('saveObject', {
      sParentEntryId: outbox,
      sEntryId,
      lpsSaveObj: {
        ...object,
        ulObjType: OBJECT.MESSAGE,
        modProps: [
          { tag: PR.MESSAGE_CLASS, value: 'REPORT.IPM.Note.IPNRN' },
          { tag: PR.SUBJECT, value: 'Read: lunch' },
          { tag: PR.BODY, value: 'Your message was read.' },
          { tag: PR.ORIGINAL_MESSAGE_ID, value: '<lunch@soap.test>' },
          { tag: PR.MESSAGE_FLAGS, value: 9 },
        ],
        item: [
          {
            ...object,
            ulObjType: OBJECT.MAIL_USER,
            modProps: [
              { tag: PR.DISPLAY_NAME, value: 'Anna' },
              { tag: PR.ADDRTYPE, value: 'SMTP' },
              { tag: PR.EMAIL_ADDRESS, value: 'anna@soap.test' },
              { tag: PR.RECIPIENT_TYPE, value: 1 },
              { tag: PR.ROWID, value: 0 },
            ],
          },
        ],
      },
    });
    expect(saved.er).toBe(0);
    expect((await bert.call('submitMessage', { sEntryId })).result).toBe(0);
    const imap = await ImapClient.open(stack.port('gateway', 'imaps'), 'anna@soap.test', 'pass');
    let came: Buffer | undefined;
    for (let tries = 0; !came && tries < 200; tries++) {
      [came] = (await imap.bodies('INBOX')).values();
      if (!came) await sleep(100);
    }
    imap.close();
    const text = came?.toString() ?? '';
    expect(text).toMatch(/^Content-Type: multipart\/report; report-type=disposition-notification;/m);
    expect(text).toContain('Final-Recipient: rfc822;bert@soap.test\r\nOriginal-Message-ID: <lunch@soap.test>\r\n');
    const anna = await SoapClient.logon(server, 'anna@soap.test', 'pass');
    const own = await anna.call('getStore', {});
    const { sReceiveFolder } = await anna.call('getReceiveFolder', {
      sStoreId: own.sStoreId ?? Buffer.alloc(0),
      lpszMessageClass: 'IPM',
    });
    const { ulTableId = 0 } = await anna.call('tableOpen', {
      sEntryId: sReceiveFolder?.sEntryId as Buffer,
      ulTableType: 1,
      ulType: OBJECT.MESSAGE,
    });
    await anna.call('tableSetColumns', { ulTableId, aPropTag: [PR.MESSAGE_CLASS] });
    const { sRowSet } = await anna.call('tableQueryRows', { ulTableId, ulRowCount: 10 });
    expect(sRowSet?.map((row) => row?.[0]?.value)).toEqual(['REPORT.IPM.Note.IPNRN']);
  });
});

describe('a server with one company', () => {
  it('has plain login names, for kopano-admin and for clients', async () => {
    const options = { enable_hosted_kopano: 'no' };
    const single = await startTemporaryStack({ durable: false, options });
    try {
      await makeTenant(single.database, options, 'default', ['example.com'], []);
      const made = await run(
        process.execPath,
        [
          'scripts/kopano/kopano-admin.ts',
          ...['-c', 'anna', '-p', 'secret', '-e', 'anna@example.com', '-f', 'Anna Ek', '-a', '0'],
        ],
        single.environment,
      );
      expect(made.stderr).toBe('');
      const client = await SoapClient.logon({ port: single.port('store-server', 'soap') }, 'anna', 'secret');
      const { sStoreId = Buffer.alloc(0) } = await client.call('getStore', {});
      expect(await client.call('getStoreName', { sEntryId: sStoreId })).toMatchObject({
        lpszStoreName: 'Inbox - Anna Ek',
      });
      // All objects but one user: on a server without companies, and for SYSTEM.
      const system = await SoapClient.logon({ socketPath: single.soapSocket }, 'SYSTEM');
      const bert = {
        ...{ ulUserId: 0, lpszUsername: 'bert', lpszPassword: 'pass', lpszMailAddress: 'bert@example.com' },
        ...{ lpszFullName: 'Bert', ulIsNonActive: 0, ulIsAdmin: 0, ulIsABHidden: 0, ulCapacity: 0 },
        ulObjClass: 0x10001,
      };
      expect(await system.call('createUser', { lpsUser: bert })).toMatchObject({ er: 0 });
      const users = async () =>
        (await system.call('getUserList', {})).sUserArray?.map(({ lpszUsername }) => lpszUsername).sort();
      expect(await users()).toEqual(['SYSTEM', 'anna', 'bert']);
      const { lpsUser } = await client.call('getUser', {});
      const sExceptUserId = lpsUser?.sUserId ?? Buffer.alloc(0);
      expect((await client.call('removeAllObjects', { sExceptUserId })).result).not.toBe(0);
      expect(await system.call('removeAllObjects', { sExceptUserId })).toMatchObject({ result: 0 });
      expect(await users()).toEqual(['SYSTEM', 'anna']);
    } finally {
      await single.stop();
    }
  });
});
