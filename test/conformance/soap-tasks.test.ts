import { createPublicKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logonRequest, SoapClient } from '../../scripts/clients/soap-client.ts';
import { localCertificate } from '../../scripts/local/certificate.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';
import { encodeEntryId } from '../../shared/mapi/entry-id.ts';
import { ERROR_CODES } from '../../shared/mapi/error.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import { collect } from '../../shared/platform/collect.ts';
import { encodeRequest } from '../../shared/protocol/soap/encode.ts';
import type { BinarySource } from '../../shared/protocol/soap/types.ts';
import { run } from '../support/run.ts';

// Several tasks of the store server, and the ways to identify its peer: client certificates and proxies.

let stack: TemporaryStack;
let keys: string;

/** A self-signed certificate, in files; its public key among those of clients or not. */
async function clientCertificate(name: string, known: 'key' | 'certificate' | undefined): Promise<string[]> {
  const { cert, key } = JSON.parse(await localCertificate()) as { cert: string; key: string };
  const at = (suffix: string) => path.join(keys, '..', `${name}${suffix}`);
  writeFileSync(at('.crt'), cert);
  writeFileSync(at('.key'), key);
  const publicKey = createPublicKey(cert).export({ type: 'spki', format: 'pem' });
  if (known) writeFileSync(path.join(keys, `${name}.pem`), known === 'key' ? publicKey : cert);
  return ['-k', '--cert', at('.crt'), '--key', at('.key')];
}

let dagent: string[];
let spooler: string[];
let stranger: string[];

beforeAll(async () => {
  keys = path.join(mkdtempSync(path.join(tmpdir(), 'pamoja-keys-')), 'sslkeys');
  mkdirSync(keys);
  dagent = await clientCertificate('dagent', 'key');
  spooler = await clientCertificate('spooler', 'certificate');
  stranger = await clientCertificate('stranger', undefined);
  stack = await startTemporaryStack({
    durable: false,
    options: { sslkeys_path: keys, trusted_proxies: '127.0.0.1', proxy_header: 'X-Kopano-Proxy' },
  });
  await stack.tenant('tasks.test', ['anna']);
});
afterAll(async () => {
  await stack.stop();
  rmSync(path.dirname(keys), { recursive: true, force: true });
});

const soap = () => stack.port('store-server', 'soap');
const logon = (user: string, password: string): string => encodeRequest('logon', logonRequest(user, password)).envelope;
const post = async (body: string, ...args: string[]): Promise<string> =>
  (await run('curl', ['-s', '-d', body, '-H', 'Content-Type: text/xml', ...args])).stdout;

describe('a client certificate', () => {
  it('whose public key the server has makes its owner SYSTEM, whichever authority signed it; another does not', async () => {
    const https = `https://127.0.0.1:${stack.port('store-server', 'soaps')}/`;
    expect(await post(logon('SYSTEM', ''), ...dagent, https)).toContain('<er>0</er>');
    expect(await post(logon('SYSTEM', ''), ...spooler, https)).toContain('<er>0</er>');
    expect(await post(logon('SYSTEM', ''), ...stranger, https)).toMatch(/<er>214748\d+<\/er>/);
    expect(await post(logon('SYSTEM', ''), '-k', https)).toMatch(/<er>214748\d+<\/er>/);
    expect(await post(logon('anna@tasks.test', ''), ...dagent, https)).toContain('<er>0</er>');
    expect(await post(logon('anna@tasks.test', ''), ...stranger, https)).toMatch(/<er>214748\d+<\/er>/);
    expect(await post(logon('anna@tasks.test', 'pass'), ...stranger, https)).toContain('<er>0</er>');
  });
});

describe('a proxy that is trusted', () => {
  it('says where its clients are, when it says that it is one', async () => {
    const http = `http://127.0.0.1:${soap()}/`;
    const forwarded = ['-H', 'X-Forwarded-For: 203.0.113.9, 198.51.100.7'];
    const body = logon('anna@tasks.test', 'pass');
    expect(await post(body, ...forwarded, '-H', 'X-Kopano-Proxy: yes', http)).toContain('<er>0</er>');
    expect(await post(body, ...forwarded, http)).toContain('<er>0</er>');
    const system = await SoapClient.logon({ socketPath: stack.soapSocket }, 'SYSTEM');
    const { ulTableId = 0 } = await system.call('tableOpen', { sEntryId: Buffer.alloc(0), ulTableType: 6 });
    await system.call('tableSetColumns', { ulTableId, aPropTag: [PR.EC_STATS_SESSION_IPADDRESS] });
    const { sRowSet } = await system.call('tableQueryRows', { ulTableId, ulRowCount: 100 });
    const addresses = sRowSet?.map((row) => row?.[0]?.value);
    expect(addresses).toContain('198.51.100.7');
    expect(addresses).toContain('127.0.0.1');
    expect(addresses).not.toContain('203.0.113.9');
  });
});

describe('an answer that is large', () => {
  it('comes compressed to a client that reads that, and is not on this machine', async () => {
    const client = await SoapClient.logon({ port: soap() }, 'anna@tasks.test', 'pass');
    const { sStoreId } = await client.call('getStore', {});
    const session = { ulSessionId: client.session, sEntryId: sStoreId, ulFlags: 0 };
    const { envelope } = encodeRequest('loadObject', session);
    const plain = await client.post(envelope);
    const file = path.join(stack.data, 'answer');
    const near = await client.post(envelope, { 'Accept-Encoding': 'gzip' });
    expect(near.encoding).toBeUndefined();
    // curl decompresses only on request.
    const elsewhere = ['-H', 'X-Forwarded-For: 198.51.100.7', '-H', 'X-Kopano-Proxy: yes'];
    const asked = ['-s', '-o', file, '-H', 'Accept-Encoding: gzip', ...elsewhere, '-d', envelope];
    await run('curl', [...asked, `http://127.0.0.1:${soap()}/`]);
    const zipped = readFileSync(file);
    expect(zipped.subarray(0, 2)).toEqual(Buffer.of(0x1f, 0x8b));
    expect(gunzipSync(zipped).equals(plain.body)).toBe(true);
    expect(zipped.length).toBeLessThan(plain.body.length / 2);
  });
});

describe('two tasks', () => {
  const bytesOf = (bytes: Buffer): BinarySource => ({
    async *[Symbol.asyncIterator]() {
      yield bytes;
    },
  });

  it('forward calls to the task that has the session: values, streams in both directions, and waiting for notifications', async () => {
    const other = await stack.another('store-server');
    const first = await SoapClient.logon({ port: soap() }, 'anna@tasks.test', 'pass');
    // The same session, asked at the other task.
    const second = new SoapClient({ port: other.ports.soap ?? 0 });
    second.session = first.session;
    const { sStoreId = Buffer.alloc(0), guid = Buffer.alloc(0) } = await second.call('getStore', {});
    const { sReceiveFolder } = await second.call('getReceiveFolder', { sStoreId, lpszMessageClass: 'IPM' });
    const inbox = sReceiveFolder?.sEntryId ?? Buffer.alloc(0);

    const { ulTableId = 0 } = await first.call('tableOpen', {
      sEntryId: inbox,
      ulTableType: 1,
      ulType: OBJECT.MESSAGE,
    });
    expect(await second.call('tableGetRowCount', { ulTableId })).toMatchObject({ er: 0, ulCount: 0 });

    await second.call('notifySubscribe', {
      notifySubscribe: { ulConnection: 7, sKey: inbox, ulEventMask: 4 | 2, sSyncState: { ulSyncId: 0, ulChangeId: 0 } },
    });
    const told = second.call('notifyGetItems', {});
    const sEntryId = encodeEntryId({ store: guid, type: OBJECT.MESSAGE, guid: Buffer.alloc(16, 7) });
    const { er } = await second.call('saveObject', {
      sParentEntryId: inbox,
      sEntryId,
      lpsSaveObj: {
        delProps: [],
        modProps: [
          { tag: PR.MESSAGE_CLASS, value: 'IPM.Note' },
          { tag: PR.SUBJECT, value: 'ünïcode & <markup>' },
        ],
        bDelete: false,
        ulClientId: 0,
        ulServerId: 0,
        ulObjType: OBJECT.MESSAGE,
      },
    });
    expect(er).toBe(0);
    expect((await told).pNotificationArray?.[0]).toMatchObject({ ulConnection: 7 });

    const exported = await second.call('exportMessageChangesAsStream', {
      ulPropTag: PR.ENTRYID,
      sPropTags: [],
      'param-1': [{ sObjectKey: sEntryId, sParentKey: inbox }],
    });
    const source = exported.sMsgStreams?.[0]?.sStreamData;
    const stream = source ? await collect(source) : Buffer.alloc(0);
    expect(stream.length).toBeGreaterThan(100);
    const copy = encodeEntryId({ store: guid, type: OBJECT.MESSAGE, guid: Buffer.alloc(16, 8) });
    const imported = { sParentEntryId: inbox, sEntryId: copy, bIsNew: true, sStreamData: bytesOf(stream) };
    expect(await second.call('importMessageFromStream', imported)).toMatchObject({ result: 0 });
    const { sSaveObject } = await first.call('loadObject', { sEntryId: copy });
    expect(sSaveObject?.modProps?.find(({ tag }) => tag === PR.SUBJECT)?.value).toBe('ünïcode & <markup>');

    // A wrong call is the owner's to refuse; the connection lives.
    expect(await second.call('tableGetRowCount', { ulTableId: 99 })).toMatchObject({ er: ERROR_CODES.NOT_FOUND });
    await second.call('logoff', {});
    expect(await first.call('getStore', {})).toMatchObject({ er: ERROR_CODES.END_OF_SESSION });
    await other.stop();
  });

  it('say that the session is over when the one that had it has gone, and a new logon goes on', async () => {
    const other = await stack.another('store-server');
    const lost = await SoapClient.logon({ port: other.ports.soap ?? 0 }, 'anna@tasks.test', 'pass');
    process.kill(other.pid(), 'SIGKILL');
    await other.stop();
    const client = new SoapClient({ port: soap() });
    client.session = lost.session;
    expect(await client.call('getStore', {})).toMatchObject({ er: ERROR_CODES.END_OF_SESSION });
    const again = await SoapClient.logon({ port: soap() }, 'anna@tasks.test', 'pass');
    expect(await again.call('getStore', {})).toMatchObject({ er: 0 });
  });
});

describe('objects of other users', () => {
  const tcp = () => ({ port: soap() });

  it('an administrator of a tenant sees the sessions of its users, not those of SYSTEM or of another tenant', async () => {
    await stack.tenant('neighbour.test', ['carl']);
    const system = await SoapClient.logon({ socketPath: stack.soapSocket }, 'SYSTEM');
    const login = 'boss@tasks.test';
    const boss = {
      ...{ ulUserId: 0, lpszUsername: login, lpszPassword: 'pass', lpszMailAddress: login, lpszFullName: 'Boss' },
      ...{ ulIsNonActive: 0, ulIsAdmin: 1, ulIsABHidden: 0, ulCapacity: 0, ulObjClass: 0x10001 },
    };
    expect(await system.call('createUser', { lpsUser: boss })).toMatchObject({ er: 0 });
    await SoapClient.logon(tcp(), 'carl@neighbour.test', 'pass');
    await SoapClient.logon(tcp(), 'anna@tasks.test', 'pass');
    const client = await SoapClient.logon(tcp(), login, 'pass');
    const { ulTableId = 0 } = await client.call('tableOpen', { sEntryId: Buffer.alloc(0), ulTableType: 6 });
    await client.call('tableSetColumns', { ulTableId, aPropTag: [PR.EC_USERNAME] });
    const { sRowSet } = await client.call('tableQueryRows', { ulTableId, ulRowCount: 1000 });
    expect(new Set(sRowSet?.map((row) => row?.[0]?.value))).toEqual(new Set(['anna@tasks.test', login]));
    const anna = await SoapClient.logon(tcp(), 'anna@tasks.test', 'pass');
    expect(await anna.call('tableOpen', { sEntryId: Buffer.alloc(0), ulTableType: 6 })).toMatchObject({
      er: ERROR_CODES.NO_ACCESS,
    });
  });

  it('a client that subscribes to a whole store is notified of the folders that it may read, and of no other', async () => {
    await stack.tenant('listen.test', ['anna', 'bert']);
    const anna = await SoapClient.logon(tcp(), 'anna@listen.test', 'pass');
    const bert = await SoapClient.logon(tcp(), 'bert@listen.test', 'pass');
    const { sStoreId = Buffer.alloc(0), guid = Buffer.alloc(0), sRootId } = await anna.call('getStore', {});
    const folder = async (szName: string): Promise<Buffer> =>
      (await anna.call('createFolder', { sParentId: sRootId, ulType: 1, szName, szComment: '' })).sEntryId ??
      Buffer.alloc(0);
    const [secret, shared] = [await folder('secret'), await folder('shared')];
    const user = await bert.call('getUser', { ulUserId: 0, sUserId: Buffer.alloc(0) });
    const sUserId = user.lpsUser?.sUserId ?? Buffer.alloc(0);
    await anna.call('setRights', {
      sEntryId: shared,
      lpsrightsArray: [{ ulUserid: 0, sUserId, ulType: 2, ulRights: 0x401, ulState: 1 }],
    });
    const sSyncState = { ulSyncId: 0, ulChangeId: 0 };
    const subscribed = await bert.call('notifySubscribe', {
      notifySubscribe: { ulConnection: 1, sKey: sStoreId, ulEventMask: 4, sSyncState },
    });
    expect(subscribed).toMatchObject({ result: 0 });
    let number = 0;
    const save = async (sParentEntryId: Buffer): Promise<Buffer> => {
      const sEntryId = encodeEntryId({ store: guid, type: OBJECT.MESSAGE, guid: Buffer.alloc(16, ++number) });
      const modProps = [{ tag: PR.MESSAGE_CLASS, value: 'IPM.Note' }];
      await anna.call('saveObject', {
        sParentEntryId,
        sEntryId,
        lpsSaveObj: { delProps: [], modProps, bDelete: false, ulClientId: 0, ulServerId: 0, ulObjType: OBJECT.MESSAGE },
      });
      return sEntryId;
    };
    await save(secret);
    const told = await save(shared);
    const { pNotificationArray } = await bert.call('notifyGetItems', {});
    expect(pNotificationArray?.map(({ obj }) => obj?.pEntryId)).toEqual([told]);
  });
});
