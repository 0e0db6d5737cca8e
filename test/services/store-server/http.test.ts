import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { logonRequest, SoapClient } from '../../../scripts/clients/soap-client.ts';
import type { Forwarded } from '../../../services/store-server/forward.ts';
import { createSoapServer, type HttpOptions, type StrayRequest } from '../../../services/store-server/http.ts';
import { MemoryShares } from '../../../services/store-server/memory-shares.ts';
import { collect } from '../../../shared/platform/collect.ts';
import { silentLog } from '../../../shared/platform/log.ts';
import type { DecodedRequest } from '../../../shared/protocol/soap/decode.ts';
import { encodeRequest, encodeResponse } from '../../../shared/protocol/soap/encode.ts';

const MB = 1024 * 1024;
const OWN = 5n;
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that knows one session, and notes what reaches it. */
async function serve(options: Partial<HttpOptions> = {}) {
  const answered: DecodedRequest[] = [];
  const strays: (Omit<StrayRequest, 'body'> & { body: Buffer })[] = [];
  const memory = { unauthenticated: new MemoryShares(MB, 256 * 1024), users: new MemoryShares(64 * MB, 32 * MB) };
  const server = createSoapServer({
    log: silentLog,
    transport: 'plain',
    trusts: () => false,
    proxies: new Set(),
    proxyHeader: '',
    memory,
    handler: {
      async answer(request) {
        answered.push(request);
        return encodeResponse('logoff', { result: 0 });
      },
      ownerOf: (session) => (session === OWN ? 'anna' : undefined),
      async passOn({ body, ...rest }) {
        strays.push({ ...rest, body: await collect(body as AsyncIterable<Buffer>) });
        return { status: 200, contentType: 'text/plain', body: Readable.from([Buffer.from('passed on')]) };
      },
      refuse: async () => encodeResponse('logoff', { result: 1 }),
      readForwarded: () => undefined,
    },
    ...options,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { port, client: new SoapClient({ port }), answered, strays, memory };
}

const envelope = (operation: string, inner: string): string =>
  encodeRequest('logoff', { ulSessionId: 0n }).envelope.replace(
    /<ns:logoff>.*<\/ns:logoff>/,
    `<ns:${operation}>${inner}</ns:${operation}>`,
  );

const gzipped = { 'Content-Encoding': 'gzip' };

describe('a request without a session', () => {
  it('is read when it is a logon', async () => {
    const { client, answered } = await serve();
    const { status } = await client.post(encodeRequest('logon', logonRequest('anna', 'pass')).envelope);
    expect(status).toBe(200);
    expect(answered[0]?.name).toBe('logon');
  });

  it.each([
    ['a user name of 100 KB', encodeRequest('logon', logonRequest('x'.repeat(100_000), '')).envelope, {}],
    ['a password of 20 KB', encodeRequest('logon', logonRequest('x', 'y'.repeat(20_000))).envelope, {}],
    ['300 elements', envelope('logon', '<a/>'.repeat(300)), {}],
    ['elements in each other', envelope('logon', '<a>'.repeat(20)), {}],
    ['two million elements in 20 KB', gzipSync(envelope('logon', '<a/>'.repeat(2_000_000))), gzipped],
    ['a name that 20 KB unpack to 20 MB', gzipSync(envelope('logon', `<szUsername>${'a'.repeat(20 * MB)}`)), gzipped],
    [
      'a hundred attributes',
      envelope('logon', `<a ${Array.from({ length: 100 }, (_, i) => `b${i}="c"`).join(' ')}/>`),
      {},
    ],
    [
      'two million elements before its session',
      envelope('getStore', `${'<a/>'.repeat(2_000_000)}<ulSessionId>5</ulSessionId>`),
      {},
    ],
    ['brotli', encodeRequest('logon', logonRequest('anna', 'pass')).envelope, { 'Content-Encoding': 'br' }],
  ])('is refused with %s', async (_, body, headers) => {
    const { client, answered, memory } = await serve();
    const { status, body: fault } = await client.post(body, headers as Record<string, string>);
    expect(status).toBe(500);
    expect(fault.toString()).toContain('SOAP-ENV:Client');
    expect(answered).toEqual([]);
    expect(memory.unauthenticated.open('127.0.0.1').raise(256 * 1024)).toBe(true);
  });

  it('is not read for as long as it likes in a multipart that has no envelope', async () => {
    const { client } = await serve();
    for (const body of [
      'x'.repeat(200_000),
      `--b\r\nContent-ID: <a>\r\n${'X: y\r\n'.repeat(50_000)}`,
      `--b\r\nContent-ID: <other>\r\n\r\n${'z'.repeat(200_000)}`,
    ]) {
      const type = 'multipart/related; boundary=b; start="<envelope>"';
      expect((await client.post(body, { 'Content-Type': type })).status).toBe(500);
    }
  });

  it('takes from the share of its address alone: unfinished bodies from there do not keep others out', async () => {
    const { port, memory } = await serve({ proxies: new Set(['127.0.0.1']) });
    const unfinished = envelope('logon', `<szUsername>${'a'.repeat(15_000)}</szUsername>`.repeat(3)).slice(0, 40_000);
    for (let i = 0; i < 10; i++) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      closers.push(() => void socket.destroy());
      socket.write(
        `POST / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nContent-Type: text/xml\r\nContent-Length: 60000\r\n\r\n${unfinished}`,
      );
    }
    const isFull = (address: string): boolean => {
      const held = memory.unauthenticated.open(address);
      const full = !held.raise(40_000);
      held.release();
      return full;
    };
    await vi.waitFor(() => expect(isFull('192.0.2.1')).toBe(true));
    expect(isFull('192.0.2.2')).toBe(false);
    const body = encodeRequest('logon', logonRequest('anna', 'pass')).envelope;
    expect((await new SoapClient({ port }).post(body, { 'X-Forwarded-For': '192.0.2.2' })).status).toBe(200);
  });
});

describe('a request with a session of this task', () => {
  it('has the limits of its operation: many entries for a list, few for an administrator’s call', async () => {
    const { client, answered } = await serve();
    client.session = OWN;
    const entries = Array.from({ length: 20_000 }, () => Buffer.alloc(48, 1));
    await client.post(encodeRequest('deleteObjects', { ulSessionId: OWN, ulFlags: 0, aMessages: entries }).envelope);
    expect(answered.map(({ name }) => name)).toEqual(['deleteObjects']);
    const large = envelope('setGroup', `<ulSessionId>5</ulSessionId>${'<a/>'.repeat(20_000)}`);
    expect((await client.post(large)).status).toBe(500);
    expect(answered.length).toBe(1);
  });

  it('carries out nothing for a second session that it names after the first', async () => {
    const { client, answered } = await serve();
    const two = envelope('getStore', '<ulSessionId>5</ulSessionId><ulSessionId>6</ulSessionId>');
    expect((await client.post(two)).body.toString()).toContain('more than one session');
    expect((await client.post(envelope('logon', '<ullSessionGroup>5</ullSessionGroup>'))).status).toBe(200);
    expect(answered.map(({ name }) => name)).toEqual(['logon']);
  });

  it('brings a stream along, and its envelope may end where it likes between the bytes that come', async () => {
    const { port, answered } = await serve();
    const { envelope: text } = encodeRequest('importMessageFromStream', {
      ulSessionId: OWN,
      sStreamData: Readable.from([Buffer.from('x')]),
    });
    const stream = Buffer.alloc(300_000, 'ab\r\n-');
    const body = Buffer.concat([
      Buffer.from(`--b\r\nContent-ID: <envelope>\r\n\r\n${text}\r\n--b\r\nContent-ID: <emcas-0>\r\n\r\n`),
      stream,
      Buffer.from('\r\n--b--\r\n'),
    ]);
    for (const size of [1, 7, 65_536]) {
      const slow = new PassThrough();
      const socket = connect(port, '127.0.0.1');
      closers.push(() => void socket.destroy());
      socket.write(
        `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/related; boundary=b; start="<envelope>"\r\nContent-Length: ${body.length}\r\n\r\n`,
      );
      slow.pipe(socket, { end: false });
      const step = size === 65_536 ? size : 4096;
      // The envelope in pieces of this size, the stream in larger ones.
      for (let at = 0; at < 2000; at += size) slow.write(body.subarray(at, Math.min(at + size, 2000)));
      for (let at = 2000; at < body.length; at += step) slow.write(body.subarray(at, at + step));
      await once(socket, 'data');
      const request = answered.pop();
      expect(request?.name).toBe('importMessageFromStream');
      const { sStreamData } = (request?.values ?? {}) as { sStreamData?: AsyncIterable<Buffer> };
      expect(sStreamData && (await collect(sStreamData)).equals(stream)).toBe(true);
    }
  });
});

describe('a request with a session that is not of this task', () => {
  it('is passed on byte for byte as soon as its session is known, however large the rest is', async () => {
    const { client, answered, strays } = await serve();
    const body = envelope('saveObject', `<ulSessionId>77</ulSessionId>${'<a/>'.repeat(100_000)}`);
    const { body: answer } = await client.post(gzipSync(body), gzipped);
    expect(answer.toString()).toBe('passed on');
    expect(strays[0]).toMatchObject({ operation: 'saveObject', session: 77n });
    expect(strays[0]?.body.toString()).toBe(body);
    expect(answered).toEqual([]);
  });
});

describe('a call that says that it was passed on', () => {
  it('is refused when no task has signed it', async () => {
    const { client, answered } = await serve();
    const body = encodeRequest('logoff', { ulSessionId: OWN }).envelope;
    expect((await client.post(body, { 'x-pamoja-forwarded': '1' })).status).toBe(500);
    expect(answered).toEqual([]);
  });

  it('is refused when it is for another session than was signed', async () => {
    const peer = { address: '192.0.2.1', transport: 'plain', trusted: false, loopback: false } as const;
    const forwarded: Forwarded = { session: 4n, peer };
    const { client, answered } = await serve({
      handler: {
        answer: async () => encodeResponse('logoff', { result: 0 }),
        ownerOf: () => 'anna',
        passOn: async () => undefined,
        refuse: async () => encodeResponse('logoff', { result: 1 }),
        readForwarded: () => forwarded,
      },
    });
    const body = encodeRequest('logoff', { ulSessionId: OWN }).envelope;
    expect((await client.post(body, { 'x-pamoja-forwarded': 'signed' })).status).toBe(500);
    expect(answered).toEqual([]);
  });
});

describe('a connection', () => {
  it('that sends requests without waiting for answers is closed', async () => {
    const { port, answered } = await serve({
      handler: {
        answer: () => new Promise(() => {}),
        ownerOf: () => 'anna',
        passOn: async () => undefined,
        refuse: async () => encodeResponse('logoff', { result: 1 }),
        readForwarded: () => undefined,
      },
    });
    const body = encodeRequest('logoff', { ulSessionId: OWN }).envelope;
    const one = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(one.repeat(100));
    await once(socket, 'close');
    expect(answered).toEqual([]);
  });
});
