import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { ERROR_CODES } from '../../shared/mapi/error.ts';
import { encodeRequest } from '../../shared/protocol/soap/encode.ts';
import { ignoreLostConnection } from '../clients/connection-lost.ts';
import { logonRequest, SoapClient } from '../clients/soap-client.ts';
import type { Attack, Target } from './attack.ts';

const MB = 1024 * 1024;
const GZIP = { 'Content-Encoding': 'gzip' };

const plain = ({ stack }: Target) => ({ port: stack.port('store-server', 'soap') });
const secure = ({ stack }: Target) => ({ port: stack.port('store-server', 'soaps'), tls: true });
const system = ({ stack }: Target) => SoapClient.logon({ socketPath: stack.soapSocket }, 'SYSTEM');

let tenants = 0;

/** A user of a tenant that no other attack has. */
async function user({ stack }: Target): Promise<string> {
  const domain = `front${++tenants}.test`;
  await stack.tenant(domain, ['anna']);
  return `anna@${domain}`;
}

/** Whether a session's id is refused at an address. */
async function isOver(address: SoapClient['address'], session: bigint): Promise<boolean> {
  const client = new SoapClient(address);
  client.session = session;
  const { er } = await client.call('getStore', {});
  return er === ERROR_CODES.END_OF_SESSION;
}

const envelope = (operation: string, inner: string): string =>
  encodeRequest('logoff', { ulSessionId: 0n }).envelope.replace(
    /<ns:logoff>.*<\/ns:logoff>/,
    `<ns:${operation}>${inner}</ns:${operation}>`,
  );

/** Resident memory of the store server, in bytes. */
function memoryOf({ stack }: Target): number {
  const status = readFileSync(`/proc/${stack.containers.get('store-server')?.pid()}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Growth of the resident memory while `work` runs, at its highest, in bytes. */
async function growth(target: Target, run: () => Promise<unknown>): Promise<number> {
  const before = memoryOf(target);
  let highest = before;
  const timer = setInterval(() => {
    highest = Math.max(highest, memoryOf(target));
  }, 20);
  await run().finally(() => clearInterval(timer));
  return highest - before;
}

/** Sends bytes on a connection that stays open until the attack is over. */
async function open(
  port: number,
  bytes: string | Buffer,
  sockets: Socket[],
  localAddress = '127.0.0.1',
): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  socket.on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

async function withSockets(run: (sockets: Socket[]) => Promise<boolean>): Promise<boolean> {
  const sockets: Socket[] = [];
  try {
    return await run(sockets);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

const post = (length: number, more = ''): string =>
  `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n${more}Content-Length: ${length}\r\n\r\n`;

export const attacks: readonly Attack[] = [
  {
    name: 'the id of a SYSTEM session of the local socket is invalid over TCP, with TLS or without',
    async run(target) {
      const { session } = await system(target);
      const gone = await Promise.all([isOver(plain(target), session), isOver(secure(target), session)]);
      return gone.every(Boolean) && !(await isOver({ socketPath: target.stack.soapSocket }, session));
    },
  },
  {
    name: 'the id of a session over TLS is invalid without TLS and on the socket, and the other way round',
    async run(target) {
      const login = await user(target);
      const tls = await SoapClient.logon(secure(target), login, 'pass');
      const clear = await SoapClient.logon(plain(target), login, 'pass');
      const socket = { socketPath: target.stack.soapSocket };
      return (
        (await isOver(plain(target), tls.session)) &&
        (await isOver(socket, tls.session)) &&
        (await isOver(secure(target), clear.session)) &&
        (await isOver(socket, clear.session))
      );
    },
  },
  {
    name: 'the ids of a client’s own sessions do not help to find others',
    async run(target) {
      const login = await user(target);
      const own = await SoapClient.logon(plain(target), login, 'pass');
      await SoapClient.logon(plain(target), login, 'pass');
      const guesses = Array.from({ length: 40 }, (_, i) => [
        own.session + BigInt(i + 1),
        own.session ^ (1n << BigInt(i)),
        ((own.session >> 32n) << 32n) | BigInt(randomBytes(4).readUInt32LE(0)),
      ]).flat();
      const gone = await Promise.all(guesses.map((guess) => isOver(plain(target), guess)));
      return gone.every(Boolean) && !(await isOver(plain(target), own.session));
    },
  },
  {
    name: 'a call that forges its forwarding by another task gets no rights of SYSTEM',
    async run(target) {
      const { session } = await system(target);
      const peer = { address: 'local', transport: 'socket', trusted: true, loopback: true };
      const text = Buffer.from(JSON.stringify({ session: String(session), peer, at: Date.now() })).toString(
        'base64url',
      );
      const body = encodeRequest('getStore', { ulSessionId: session }).envelope;
      const logon = encodeRequest('logon', logonRequest('SYSTEM', '')).envelope;
      for (const header of ['1', '', text, `${text}.`, `${text}.${randomBytes(32).toString('base64url')}`])
        for (const each of [body, logon]) {
          const answer = await new SoapClient(plain(target)).post(each, { 'X-Pamoja-Forwarded': header });
          if (answer.body.toString().includes('<er>0</er>')) return false;
        }
      return true;
    },
  },
  {
    name: 'a request that names a second session after its own does not act in the second',
    async run(target) {
      const { session } = await SoapClient.logon(plain(target), await user(target), 'pass');
      const other = await SoapClient.logon(plain(target), await user(target), 'pass');
      const two = `<ulSessionId>${session}</ulSessionId><ulSessionId>${other.session}</ulSessionId>`;
      const { status } = await other.post(envelope('logoff', two));
      return status === 500 && !(await isOver(plain(target), session)) && !(await isOver(plain(target), other.session));
    },
  },
  {
    name: 'unfinished bodies without a session, compressed or not, lock no other client out',
    run: (target) =>
      withSockets(async (sockets) => {
        const login = await user(target);
        const large = envelope('logon', `<szUsername>${'a'.repeat(250 * MB)}</szUsername>`);
        const packed = gzipSync(large);
        for (let i = 0; i < 40; i++)
          await open(
            plain(target).port,
            Buffer.concat([Buffer.from(post(packed.length, 'Content-Encoding: gzip\r\n')), packed.subarray(0, -10)]),
            sockets,
          );
        const text = envelope('logon', '<szUsername>a</szUsername>'.repeat(150)).slice(0, 4000);
        for (let i = 0; i < 100; i++) await open(plain(target).port, post(60_000) + text, sockets);
        const { session } = await SoapClient.logon(plain(target), login, 'pass');
        return session !== 0n;
      }),
  },
  {
    name: 'a body that is sent byte by byte, and a header that never ends, time out',
    run: (target) =>
      withSockets(async (sockets) => {
        const { port } = plain(target);
        const slow = [
          await open(port, post(60_000), sockets),
          await open(port, 'POST / HTTP/1.1\r\nHost: x\r\n', sockets),
          await open(port, 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n', sockets),
        ];
        const closed = slow.map((socket) => new Promise((resolve) => socket.resume().once('close', resolve)));
        const drip = setInterval(() => {
          slow[0]?.write(' ');
          slow[1]?.write('X-A: b\r\n');
          slow[2]?.write('1\r\n \r\n');
        }, 500);
        const all = await Promise.race([Promise.all(closed).then(() => true), sleep(40_000, false, { ref: false })]);
        clearInterval(drip);
        return all;
      }),
  },
  {
    name: 'two million elements in a small compressed request cost little memory, with a session and without',
    async run(target) {
      const client = await SoapClient.logon(plain(target), await user(target), 'pass');
      const elements = '<item><b/></item>'.repeat(1_000_000);
      const without = gzipSync(envelope('logon', elements));
      const list = `<ulFlags>0</ulFlags><aMessages SOAP-ENC:arrayType="xsd:base64Binary[1]">${'<item>AAAA</item>'.repeat(1_900_000)}</aMessages>`;
      const session = `<ulSessionId>${client.session}</ulSessionId>`;
      const bodies = [
        without,
        gzipSync(envelope('setUser', session + elements)),
        gzipSync(envelope('deleteObjects', session + list)),
        gzipSync(envelope('saveObject', session + elements)),
      ];
      const grown = await growth(target, async () => {
        for (const body of bodies)
          for (let i = 0; i < 3; i++) await client.post(body, GZIP).catch(ignoreLostConnection);
      });
      if (grown > 300 * MB) throw new Error(`the store server grew by ${Math.round(grown / MB)} MB`);
      return (await client.call('getStore', {})).er === 0;
    },
  },
  {
    name: 'a session cannot open tables or listen without end',
    async run(target) {
      const client = await SoapClient.logon(plain(target), await user(target), 'pass');
      const { sStoreId } = await client.call('getStore', {});
      const { sReceiveFolder } = await client.call('getReceiveFolder', { sStoreId, lpszMessageClass: 'IPM' });
      const sEntryId = sReceiveFolder?.sEntryId ?? Buffer.alloc(0);
      const open = () => client.call('tableOpen', { sEntryId, ulTableType: 1, ulType: 5, ulFlags: 0 });
      let tables = 0;
      while (tables < 1000 && (await open()).er === 0) tables++;
      const wanted = Array.from({ length: 1000 }, (_, i) => ({
        ulConnection: i + 1,
        sKey: sStoreId,
        ulEventMask: 4,
        sSyncState: { ulSyncId: 0, ulChangeId: 0 },
      }));
      const { result } = await client.call('notifySubscribeMulti', { notifySubscribeArray: wanted });
      return tables < 1000 && result !== 0 && (await client.call('getStore', {})).er === 0;
    },
  },
  {
    name: 'a user name of 250 MB costs neither memory nor a line in the log',
    async run(target) {
      const log = path.join(target.stack.data, 'log', 'store-server.log');
      const before = statSync(log).size;
      const large = Buffer.from(encodeRequest('logon', logonRequest('x'.repeat(250 * MB), 'y')).envelope);
      const packed = gzipSync(large, { level: 1 });
      const grown = await growth(target, async () => {
        const client = new SoapClient(plain(target));
        await client.post(packed, GZIP).catch(ignoreLostConnection);
        await client.post(large).catch(ignoreLostConnection);
      });
      const login = await user(target);
      const { er } = await new SoapClient(plain(target)).call('logon', logonRequest('z'.repeat(15_000), 'y'));
      if (er === 0 || grown > 200 * MB || statSync(log).size - before > 50_000)
        throw new Error(`grown by ${Math.round(grown / MB)} MB, the log by ${statSync(log).size - before} bytes`);
      return (await SoapClient.logon(plain(target), login, 'pass')).session !== 0n;
    },
  },
  {
    name: 'a connection that sends a thousand requests without waiting is cut off',
    run: (target) =>
      withSockets(async (sockets) => {
        const body = encodeRequest('logon', logonRequest('nobody@front.test', 'wrong')).envelope;
        const one = post(Buffer.byteLength(body)) + body;
        const socket = await open(plain(target).port, one.repeat(1000), sockets);
        let answers = 0;
        socket.on('data', (chunk) => {
          answers += chunk.toString('latin1').split('HTTP/1.1').length - 1;
        });
        const closed = new Promise((resolve) => socket.once('close', resolve));
        await Promise.race([closed, sleep(20_000, undefined, { ref: false })]);
        return socket.destroyed && answers < 10;
      }),
  },
  {
    name: 'an address that opens silent connections locks no other client out, over SOAP, IMAP, POP3 and submission',
    run: (target) =>
      withSockets(async (sockets) => {
        const login = await user(target);
        const ports = [
          ['store-server', 'soap'],
          ['gateway', 'imap'],
          ['gateway', 'imaps'],
          ['gateway', 'pop3'],
          ['submission', 'submission'],
        ] as const;
        for (const [service, name] of ports) {
          const port = target.stack.port(service, name);
          const opened = [];
          for (let i = 0; i < 400; i++) opened.push(await open(port, '', sockets, '127.0.0.66'));
          await sleep(500);
          const alive = opened.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
          for (const socket of opened) socket.resume();
          await sleep(500);
          const left = opened.filter((socket) => !socket.destroyed).length;
          if (left > 260)
            throw new Error(`${service} ${name}: ${left} of ${alive} connections from one address are open`);
          const other = await open(port, name === 'soap' ? post(1) : '', sockets, '127.0.0.67');
          if (name !== 'imaps' && name !== 'soap') {
            const [greeting] = await once(other, 'data');
            if (!/^(\* OK|\+OK|220)/.test(String(greeting))) return false;
          }
        }
        return (await SoapClient.logon(plain(target), login, 'pass')).session !== 0n;
      }),
  },
];
