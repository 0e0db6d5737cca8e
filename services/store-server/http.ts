import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import { createBrotliDecompress, createGunzip, createInflate, deflate, gzip } from 'node:zlib';
import type { Log } from '../../shared/platform/log.ts';
import {
  DEFAULT_LIMITS,
  type DecodedRequest,
  EnvelopeReader,
  requestOf,
  SoapFault,
} from '../../shared/protocol/soap/decode.ts';
import { type EncodedEnvelope, encodeFault } from '../../shared/protocol/soap/encode.ts';
import type { BinarySource } from '../../shared/protocol/soap/types.ts';
import { FORWARDED, type ForwardedAnswer } from './forward.ts';
import { parseMultipart } from './multipart.ts';

/** Who is at the other end, as far as the transport can tell. */
export interface Peer {
  /** For the security log: an address, or the local socket. */
  address: string;
  /** It has proved that it may be SYSTEM: over the local socket, or by a client certificate. */
  trusted: boolean;
}

export type Answer = (request: DecodedRequest, peer: Peer, signal: AbortSignal) => Promise<EncodedEnvelope>;

export interface HttpOptions {
  answer: Answer;
  /** Passes a call on to the task that has its session; undefined for one that is answered here. */
  route: (request: DecodedRequest, forwarded: boolean, signal: AbortSignal) => Promise<ForwardedAnswer | undefined>;
  log: Log;
  /** Whether a connection may be SYSTEM. */
  trusts: (socket: Socket) => boolean;
  /** Addresses of proxies whose X-Forwarded-For counts. */
  proxies: ReadonlySet<string>;
  /** The header in which a proxy says that it is one (`proxy_header`); empty or `*`: any request of a trusted proxy. */
  proxyHeader: string;
  /** `requestCert`: clients are asked for a certificate; who has none logs on with a password. */
  tls?: { cert: string; key: string; requestCert: boolean };
}

/** A client has this long to send its request. */
const REQUEST_TIMEOUT_MS = 300_000;

/** A connection waits this long for its next request. */
const KEEP_ALIVE_MS = 120_000;

/** Responses of this size and more are compressed for clients that can read that. */
const COMPRESS_MIN = 1024;

/** HTTP/1.1 with SOAP in it: POST of an envelope, plain or in a multipart/related, compressed or not. */
export function createSoapServer(options: HttpOptions): Server {
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    serve(options, request, response).catch((error: unknown) => {
      options.log.error({ error }, 'a request failed');
      if (!response.headersSent)
        sendText(response, 500, encodeFault('Server', 'internal error'), 'text/xml; charset=utf-8');
      else response.destroy();
    });
  };
  const settings = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: 60_000, keepAliveTimeout: KEEP_ALIVE_MS };
  const server = options.tls
    ? createTlsServer(
        {
          ...settings,
          ...options.tls,
          minVersion: 'TLSv1.2',
          rejectUnauthorized: false,
        },
        listener,
      )
    : createServer(settings, listener);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    response.writeContinue();
    listener(request, response);
  });
  server.on('tlsClientError', () => {});
  server.on('clientError', (_error: Error, socket: Socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });
  return server as Server;
}

async function serve(options: HttpOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET' && request.url === '/health') return sendText(response, 200, 'ok\n', 'text/plain');
  if (request.method !== 'POST') {
    response.setHeader('Allow', 'POST');
    return sendText(response, 405, 'POST a SOAP envelope\n', 'text/plain');
  }
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  let answer: EncodedEnvelope;
  // Until it is answered a request is in memory.
  const held = { bytes: 0 };
  try {
    const decoded = await readRequest(request, held);
    const elsewhere = await options.route(decoded, request.headers[FORWARDED] !== undefined, gone.signal);
    if (elsewhere) return await pass(response, elsewhere);
    answer = await options.answer(decoded, peerOf(options, request), gone.signal);
  } catch (error) {
    if (!(error instanceof SoapFault)) throw error;
    await passOver(request);
    return sendText(response, 500, encodeFault(error.code, error.message), 'text/xml; charset=utf-8');
  } finally {
    inMemory -= held.bytes;
  }
  if (gone.signal.aborted) return;
  if (answer.attachments.length > 0) return sendMultipart(response, answer);
  await sendEnvelope(request, response, answer.envelope);
}

/** What is left of a request that cannot be understood is read and thrown away, as far as it is bearable, so that the connection lives. */
async function passOver(request: IncomingMessage): Promise<void> {
  request.unpipe();
  let left = MAX_PASSED_OVER;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    left -= (chunk as Buffer).length;
    if (left < 0) return;
  }
}

async function pass(response: ServerResponse, { status, contentType, body }: ForwardedAnswer): Promise<void> {
  response.writeHead(status, { 'Content-Type': contentType });
  for await (const chunk of body) response.write(chunk);
  response.end();
}

function peerOf(options: HttpOptions, request: IncomingMessage): Peer {
  const { socket } = request;
  const direct = socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'local';
  const proxied =
    options.proxies.has(direct) &&
    (options.proxyHeader === '' ||
      options.proxyHeader === '*' ||
      request.headers[options.proxyHeader.toLowerCase()] !== undefined);
  const forwarded = proxied
    ? String(request.headers['x-forwarded-for'] ?? '')
        .split(',')
        .at(-1)
        ?.trim()
    : undefined;
  // What comes through a proxy is from somewhere else, whatever the proxy itself may do.
  return { address: forwarded || direct, trusted: !forwarded && options.trusts(socket) };
}

/** Bytes of a wrong request that are read to its end. */
const MAX_PASSED_OVER = 64 * 1024 * 1024;

/** Bytes of all requests together that may be in memory; who comes when it is full is asked to come again. */
const MEMORY = 512 * 1024 * 1024;
let inMemory = 0;

async function* counted(body: AsyncIterable<Uint8Array>, held: { bytes: number }): AsyncIterable<Uint8Array> {
  for await (const chunk of body) {
    if (inMemory + chunk.length > MEMORY) throw new SoapFault('Client', 'the server is busy; try again');
    held.bytes += chunk.length;
    inMemory += chunk.length;
    yield chunk;
  }
}

async function readRequest(request: IncomingMessage, held: { bytes: number }): Promise<DecodedRequest> {
  const body = counted(decompressed(request), held);
  const type = request.headers['content-type'] ?? '';
  if (/^multipart\/related/i.test(type)) return readMultipart(body, type);
  const reader = new EnvelopeReader();
  try {
    for await (const chunk of body) reader.write(chunk as Buffer);
  } catch (error) {
    throw asFault(error);
  }
  return requestOf(reader);
}

/** Bytes of attachments that one request may bring along. */
const MAX_ATTACHMENTS = 256 * 1024 * 1024;

async function readMultipart(body: AsyncIterable<Uint8Array>, type: string): Promise<DecodedRequest> {
  const { root, parts } = await parseMultipart(body, type, DEFAULT_LIMITS.size + MAX_ATTACHMENTS).catch(
    (error: unknown) => {
      throw asFault(error);
    },
  );
  const attachments = (id: string): BinarySource => {
    const part = parts.get(id.replace(/^<|>$/g, ''));
    if (!part) throw new SoapFault('Client', 'there is no such attachment');
    return (async function* () {
      yield part;
    })();
  };
  const reader = new EnvelopeReader(DEFAULT_LIMITS, attachments);
  reader.write(root);
  return requestOf(reader);
}

const asFault = (error: unknown): Error =>
  error instanceof SoapFault ? error : new SoapFault('Client', 'the request cannot be read');

function decompressed(request: IncomingMessage): AsyncIterable<Uint8Array> {
  const pass = <T extends NodeJS.WritableStream & AsyncIterable<Uint8Array>>(stream: T): T => {
    request.on('error', () => stream.end());
    return request.pipe(stream) as unknown as T;
  };
  switch (request.headers['content-encoding']) {
    case undefined:
    case 'identity':
      return request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    case 'gzip':
    case 'x-gzip':
      return pass(createGunzip());
    case 'deflate':
      return pass(createInflate());
    case 'br':
      return pass(createBrotliDecompress());
    default:
      throw new SoapFault('Client', 'unknown content encoding');
  }
}

const gzipAsync = promisify(gzip);
const deflateAsync = promisify(deflate);

async function sendEnvelope(request: IncomingMessage, response: ServerResponse, envelope: string): Promise<void> {
  const accepted = String(request.headers['accept-encoding'] ?? '');
  const encoding =
    envelope.length < COMPRESS_MIN
      ? undefined
      : /\bgzip\b/.test(accepted)
        ? 'gzip'
        : /\bdeflate\b/.test(accepted)
          ? 'deflate'
          : undefined;
  const plain = Buffer.from(envelope, 'utf8');
  const bytes =
    encoding === 'gzip'
      ? await gzipAsync(plain, { level: 1 })
      : encoding
        ? await deflateAsync(plain, { level: 1 })
        : plain;
  response.writeHead(200, {
    'Content-Type': 'text/xml; charset=utf-8',
    'Content-Length': bytes.length,
    ...(encoding ? { 'Content-Encoding': encoding } : {}),
  });
  response.end(bytes);
}

function sendText(response: ServerResponse, status: number, body: string, type: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

/** MTOM: the envelope first, then each binary value as it is read, so that none is in memory whole. */
async function sendMultipart(response: ServerResponse, { envelope, attachments }: EncodedEnvelope): Promise<void> {
  const boundary = `==kopano${process.hrtime.bigint().toString(36)}==`;
  response.writeHead(200, {
    'Content-Type': `multipart/related; charset=utf-8; boundary="${boundary}"; type="application/xop+xml"; start="<SOAP-ENV:Envelope>"; start-info="text/xml"`,
  });
  const write = async (bytes: Buffer | string) => {
    if (response.destroyed) throw new Error('the client has gone');
    if (!response.write(bytes))
      await new Promise<void>((resolve) => {
        response.once('drain', resolve);
        response.once('close', resolve);
      });
  };
  await write(
    `--${boundary}\r\nContent-Type: application/xop+xml; charset=utf-8; type="text/xml"\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <SOAP-ENV:Envelope>\r\n\r\n${envelope}`,
  );
  for (const { id, source } of attachments) {
    await write(
      `\r\n--${boundary}\r\nContent-Type: application/binary\r\nContent-Transfer-Encoding: binary\r\nContent-ID: ${id}\r\n\r\n`,
    );
    for await (const chunk of source) await write(chunk);
  }
  response.end(`\r\n--${boundary}--`);
}
