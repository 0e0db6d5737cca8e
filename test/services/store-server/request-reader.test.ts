import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Held, MemoryShares } from '../../../services/store-server/memory-shares.ts';
import { limitsOf, type RequestLimits, UNAUTHENTICATED } from '../../../services/store-server/request-limits.ts';
import { type Admittance, RequestReader, RequestTooSlow } from '../../../services/store-server/request-reader.ts';
import { collect } from '../../../shared/platform/collect.ts';
import { encodeRequest } from '../../../shared/protocol/soap/encode.ts';
import { OPERATIONS, type OperationName } from '../../../shared/protocol/soap/interface.ts';

const MB = 1024 * 1024;
const OWN = 5n;

const envelope = (operation: string, inner: string): string =>
  encodeRequest('logoff', { ulSessionId: 0n }).envelope.replace(
    /<ns:logoff>.*<\/ns:logoff>/,
    `<ns:${operation}>${inner}</ns:${operation}>`,
  );
const OWN_SESSION = `<ulSessionId>${OWN}</ulSessionId>`;

type Body = string | Buffer | Iterable<Buffer> | AsyncIterable<Buffer>;

/** A request as Node's HTTP server gives it, without a connection. */
function requestOf(body: Body, headers: Record<string, string> = {}): IncomingMessage {
  const chunks = typeof body === 'string' || Buffer.isBuffer(body) ? [Buffer.from(body)] : body;
  return Object.assign(Readable.from(chunks, { objectMode: false }), { headers }) as unknown as IncomingMessage;
}

interface Reading {
  headers?: Record<string, string>;
  held?: Held;
  /** Limits of the session's user; those of the operation otherwise. */
  limits?: RequestLimits;
  admittance?: Admittance;
}

/** Reads a request for the server of one session. */
function read(body: Body, { headers, held, limits, admittance }: Reading = {}) {
  const admit: Admittance = (operation, session) =>
    session === OWN
      ? { limits: limits ?? limitsOf(operation), held: new MemoryShares(64 * MB, 64 * MB).open('anna') }
      : undefined;
  const stranger = held ?? new MemoryShares(MB, MB).open('192.0.2.1');
  return new RequestReader(requestOf(body, headers), stranger, admittance ?? admit).read();
}

const multipart = { 'content-type': 'multipart/related; boundary=b; start="<envelope>"' };
const partOf = (id: string, content: string): string => `--b\r\nContent-ID: <${id}>\r\n\r\n${content}\r\n`;

describe('a request without a session', () => {
  const logonOf = (bytes: number): string => {
    const empty = envelope('logon', '<x></x>');
    return empty.replace('<x></x>', `<x>${' '.repeat(bytes - empty.length)}</x>`);
  };
  const nested = (depth: number): string => `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`;

  it.each([
    ['elements', 'too many elements', (n: number) => envelope('logon', '<a/>'.repeat(n - 3)), UNAUTHENTICATED.elements],
    ['levels', 'nested too deeply', (n: number) => envelope('logon', nested(n - 3)), UNAUTHENTICATED.depth],
    [
      'characters of a value',
      'a value is too long',
      (n: number) => envelope('logon', `<szUsername>${'u'.repeat(n)}</szUsername>`),
      UNAUTHENTICATED.text,
    ],
    ['bytes', 'the envelope is too large', logonOf, UNAUTHENTICATED.size],
  ])('may have so many %s, and not one more', async (_, refusal, build, limit) => {
    expect(await read(build(limit))).toMatchObject({ request: { name: 'logon' } });
    await expect(read(build(limit + 1))).rejects.toThrow(refusal);
  });

  it('is read to 64 KB at most, compressed or not', async () => {
    let sent = 0;
    const endless = function* () {
      for (; sent < 100 * MB; sent += 16_384) yield Buffer.alloc(16_384, ' ');
    };
    await expect(read(endless())).rejects.toThrow('too large');
    expect(sent).toBeLessThan(MB);
    const packed = gzipSync(envelope('logon', `<x>${' '.repeat(5 * MB)}</x>`));
    await expect(read(packed, { headers: { 'content-encoding': 'gzip' } })).rejects.toThrow('too large');
  });

  it('brings nothing beside its envelope', async () => {
    const body = `${partOf('envelope', envelope('logon', ''))}${partOf('a', 'x')}--b--`;
    await expect(read(body, { headers: multipart })).rejects.toThrow('the attachments are too large');
  });

  it('has the limits of one also while it logs on step by step, whatever session it names', async () => {
    const admittance = vi.fn<Admittance>();
    const many = envelope('ssoLogon', `${OWN_SESSION}${'<a/>'.repeat(300)}`);
    await expect(read(many, { admittance })).rejects.toThrow('too many elements');
    expect(admittance).not.toHaveBeenCalled();
  });

  it('is refused while the memory for them is used up', async () => {
    const shares = new MemoryShares(10_000, 10_000);
    shares.open('192.0.2.2').raise(9_900);
    await expect(read(envelope('logon', ''), { held: shares.open('192.0.2.1') })).rejects.toThrow('the server is busy');
  });
});

describe('a request that does not come', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  /** The beginning of a request; the rest comes when the test says so. */
  function halves(first: string, second: string) {
    const rest = Promise.withResolvers<void>();
    async function* body() {
      yield Buffer.from(first);
      await rest.promise;
      yield Buffer.from(second);
    }
    return { body: body(), finish: () => rest.resolve() };
  }
  const passed = async (ms: number): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(ms);
  };

  it('is given up after 15 seconds when it has not named a session', async () => {
    const { body, finish } = halves(envelope('logon', '').slice(0, 100), '');
    const refused = expect(read(body)).rejects.toBeInstanceOf(RequestTooSlow);
    await passed(15_000);
    await refused;
    finish();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is waited for once it has named a session of this task', async () => {
    const whole = envelope('getStore', OWN_SESSION);
    const at = whole.indexOf('</ulSessionId>') + 14;
    const { body, finish } = halves(whole.slice(0, at), whole.slice(at));
    const request = read(body);
    await passed(600_000);
    finish();
    expect(await request).toMatchObject({ request: { name: 'getStore' } });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a request with a session of this task', () => {
  it('counts against its user’s memory limit, and is no longer counted as unauthenticated', async () => {
    const unauthenticated = new MemoryShares(20_000, 20_000);
    const users = new MemoryShares(MB, MB);
    await read(envelope('getStore', OWN_SESSION), {
      held: unauthenticated.open('192.0.2.1'),
      admittance: (operation) => ({ limits: limitsOf(operation), held: users.open('anna') }),
    });
    expect(unauthenticated.open('192.0.2.2').raise(20_000)).toBe(true);
    expect(users.open('anna').raise(MB)).toBe(false);
  });

  it('is refused when its user’s memory is used up', async () => {
    const users = new MemoryShares(1_000, 1_000);
    const admittance: Admittance = (operation) => ({ limits: limitsOf(operation), held: users.open('anna') });
    const large = envelope('deleteObjects', `${OWN_SESSION}${'<a/>'.repeat(100)}`);
    await expect(read(large, { admittance })).rejects.toThrow('the server is busy');
  });

  it('is refused with more beside its envelope than its operation may have', async () => {
    const include = '<sStreamData><xop:Include href="cid:a"/></sStreamData>';
    const body = `${partOf('envelope', envelope('importMessageFromStream', `${OWN_SESSION}${include}`))}${partOf('a', 'x'.repeat(1_001))}--b--`;
    const limits = { ...limitsOf('importMessageFromStream'), attachments: 1_000 };
    await expect(read(body, { headers: multipart, limits })).rejects.toThrow('the attachments are too large');
    expect(await read(body, { headers: multipart })).toMatchObject({ request: { name: 'importMessageFromStream' } });
  });

  it('is refused when something comes before its envelope', async () => {
    const body = `${partOf('a', 'x')}${partOf('envelope', envelope('getStore', OWN_SESSION))}--b--`;
    await expect(read(body, { headers: multipart })).rejects.toThrow('the envelope is not the first part');
  });

  it('is refused when it names a second one', async () => {
    await expect(read(envelope('getStore', `${OWN_SESSION}${OWN_SESSION}`))).rejects.toThrow('more than one session');
  });
});

describe('a request with a session that is not of this task', () => {
  it('is forwarded whole: the bytes already read, and the rest of the stream', async () => {
    const whole = envelope('saveObject', `<ulSessionId>77</ulSessionId>${'<a/>'.repeat(50_000)}`);
    const chunks = Array.from({ length: Math.ceil(whole.length / 100) }, (_, i) =>
      Buffer.from(whole.slice(i * 100, (i + 1) * 100)),
    );
    const stray = await read(chunks);
    if ('request' in stray) throw new Error('it was taken for a request to this task');
    expect(stray).toMatchObject({ operation: 'saveObject', session: 77n });
    expect((await collect(stray.body as AsyncIterable<Buffer>)).toString()).toBe(whole);
  });
});

describe('a malformed request', () => {
  it.each([
    ['no XML', 'hello'],
    ['an envelope that ends early', envelope('logon', '').slice(0, -20)],
    ['no operation', envelope('logon', '').replace(/<ns:logon>.*<\/ns:logon>/, '')],
    ['an unknown operation', envelope('noSuchThing', '')],
    ['nothing', ''],
  ])('is the client’s fault: %s', async (_, body) => {
    await expect(read(body)).rejects.toMatchObject({ name: 'SoapFault', code: 'Client' });
  });

  it('is the client’s fault where its packing is broken', async () => {
    const broken = gzipSync(envelope('logon', '')).fill(0, 20);
    await expect(read(broken, { headers: { 'content-encoding': 'gzip' } })).rejects.toMatchObject({
      message: 'the request cannot be read',
    });
  });
});

describe('the limits of operations', () => {
  const operations = Object.keys(OPERATIONS) as OperationName[];

  it('are those of unauthenticated requests until there is a session', () => {
    expect(limitsOf('ssoLogon')).toEqual(UNAUTHENTICATED);
  });

  it('let one operation bring a stream along, and no other anything', () => {
    expect(operations.filter((name) => limitsOf(name).attachments > 0)).toEqual(['importMessageFromStream']);
  });

  it('have an end for each', () => {
    for (const name of operations)
      for (const limit of Object.values(limitsOf(name))) expect(Number.isSafeInteger(limit), name).toBe(true);
  });
});
