import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { LimitedSession, UnauthenticatedLimit } from '../../shared/net/unauthenticated-limit.ts';
import type { Log } from '../../shared/platform/log.ts';
import type { DecodedRequest } from '../../shared/protocol/soap/decode.ts';
import { type EncodedEnvelope, encodeFault } from '../../shared/protocol/soap/encode.ts';
import type { OperationName } from '../../shared/protocol/soap/interface.ts';
import { SoapFault } from '../../shared/protocol/soap/soap-fault.ts';
import { FORWARDED, type Forwarded, type ForwardedAnswer } from './forward.ts';
import type { Held, MemoryShares } from './memory-shares.ts';
import type { Peer, SoapTransport } from './peer.ts';
import { passOver } from './request-body.ts';
import { limitsOf } from './request-limits.ts';
import { RequestReader, RequestTooSlow } from './request-reader.ts';
import { sendEnvelope, sendForwarded, sendMultipart, sendText, XML } from './respond.ts';

/** A request for a session of another task: its operation and session, and its bytes as they arrive. */
export interface StrayRequest {
  operation: OperationName;
  session: bigint;
  contentType: string;
  body: AsyncIterable<Uint8Array>;
}

/** What the transport needs of the server. */
export interface SoapHandler {
  answer(request: DecodedRequest, peer: Peer, signal: AbortSignal): Promise<EncodedEnvelope>;
  /** The user whose share of memory a request takes; undefined when this task has no such session on that transport. */
  ownerOf(session: bigint, peer: Peer): string | undefined;
  /** Forwards a request to the task that has its session; undefined when no task has it. */
  passOn(request: StrayRequest, peer: Peer, signal: AbortSignal): Promise<ForwardedAnswer | undefined>;
  /** The answer to a request for a session that no task has. */
  refuse(operation: OperationName, session: bigint, peer: Peer): Promise<EncodedEnvelope>;
  /** Reads the header of a call that another task has forwarded; undefined when no other task has signed it. */
  readForwarded(header: string): Forwarded | undefined;
}

export interface HttpOptions {
  handler: SoapHandler;
  log: Log;
  transport: SoapTransport;
  /** Whether the client of a connection may be SYSTEM. */
  trusts: (socket: Socket) => boolean;
  /** Addresses of proxies whose X-Forwarded-For is believed. */
  proxies: ReadonlySet<string>;
  /** The header by which a proxy is recognised (`proxy_header`); empty or `*`: any request of a trusted proxy. */
  proxyHeader: string;
  /** Memory for requests without a session, by address; and for those with one, by user. */
  memory: { unauthenticated: MemoryShares; users: MemoryShares };
  /** Limits connections that have not shown a session. */
  unauthenticated?: UnauthenticatedLimit;
  /** `requestCert`: clients are asked for a certificate; a client without one logs on with a password. */
  tls?: { cert: string; key: string; requestCert: boolean };
}

/** The time in which a client must send its request once its session is known. */
const REQUEST_TIMEOUT_MS = 300_000;

/** How long an idle connection is kept open for the next request. */
const KEEP_ALIVE_MS = 120_000;

/** The most header fields of a request; Kopano's clients send eight. */
const MAX_HEADERS = 64;

/** Concurrent requests of one connection. Clients wait for each answer, so that more are an attempt to fill the server. */
const MAX_PIPELINED = 4;

/** A connection on which a session of this task has been used. */
const SHOWN: LimitedSession = { loggedIn: true, end() {} };

const SETTINGS = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  headersTimeout: 15_000,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: 5000,
  maxHeaderSize: 16 * 1024,
};

/** SOAP over HTTP/1.1: POST of an envelope, plain or in a multipart/related, compressed or not. */
export function createSoapServer(options: HttpOptions): Server {
  const pipelined = new WeakMap<Socket, number>();
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const count = (pipelined.get(socket) ?? 0) + 1;
    if (count > MAX_PIPELINED) return void socket.destroy();
    pipelined.set(socket, count);
    response.once('close', () => pipelined.set(socket, (pipelined.get(socket) ?? 1) - 1));
    const call = new SoapCall(options, request, response);
    call.serve().catch((error: unknown) => {
      options.log.error({ error, operation: call.operation }, 'a request failed');
      if (!response.headersSent) sendText(response, 500, encodeFault('Server', 'internal error'), XML);
      else response.destroy();
    });
  };
  const server = options.tls
    ? createTlsServer(
        { ...SETTINGS, ...options.tls, minVersion: 'TLSv1.2', rejectUnauthorized: false, handshakeTimeout: 15_000 },
        listener,
      )
    : createServer(SETTINGS, listener);
  server.maxHeadersCount = MAX_HEADERS;
  options.unauthenticated?.watch(server as Server);
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

/** One request and its answer. */
class SoapCall {
  /** The operation, once it is known; for the log. */
  operation: OperationName | undefined;
  private readonly options: HttpOptions;
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;
  private readonly gone = new AbortController();

  constructor(options: HttpOptions, request: IncomingMessage, response: ServerResponse) {
    this.options = options;
    this.request = request;
    this.response = response;
    response.once('close', () => {
      if (!response.writableFinished) this.gone.abort();
    });
  }

  async serve(): Promise<void> {
    const { request, response } = this;
    if (request.method === 'GET' && request.url === '/health') return sendText(response, 200, 'ok\n', 'text/plain');
    if (request.method !== 'POST') {
      response.setHeader('Allow', 'POST');
      return sendText(response, 405, 'POST a SOAP envelope\n', 'text/plain');
    }
    // The memory of a request is held until the request is answered.
    const held: Held[] = [];
    let answer: EncodedEnvelope | ForwardedAnswer;
    try {
      answer = await this.answer(held).finally(() => {
        for (const each of held) each.release();
      });
    } catch (error) {
      return await this.fault(error);
    }
    if (this.gone.signal.aborted) return;
    if ('body' in answer) return sendForwarded(response, answer);
    if (answer.attachments.length > 0) return sendMultipart(response, answer);
    return sendEnvelope(request, response, answer.envelope, isFar(peerOf(this.options, request)));
  }

  private async answer(held: Held[]): Promise<EncodedEnvelope | ForwardedAnswer> {
    const { handler, memory, unauthenticated } = this.options;
    const forwarded = this.forwarded();
    const peer = forwarded?.peer ?? peerOf(this.options, this.request);
    const share = memory.unauthenticated.open(peer.address);
    held.push(share);
    const reader = new RequestReader(this.request, share, (operation, session) => {
      this.operation = operation;
      if (forwarded && forwarded.session !== session)
        throw new SoapFault('Client', 'the call was passed on for another session');
      const owner = handler.ownerOf(session, peer);
      if (owner === undefined) return undefined;
      const own = memory.users.open(owner);
      held.push(own);
      unauthenticated?.serves(this.request.socket, SHOWN);
      return { limits: limitsOf(operation), held: own };
    });
    const read = await reader.read();
    if ('request' in read) {
      this.operation = read.request.name;
      return handler.answer(read.request, peer, this.gone.signal);
    }
    // A call is forwarded once. A task that receives it without having the session was found in an outdated list of tasks.
    const passed = forwarded ? undefined : await handler.passOn(read, peer, this.gone.signal);
    if (passed) return passed;
    const refusal = await handler.refuse(read.operation, read.session, peer);
    await read.stop();
    await this.passOver();
    return refusal;
  }

  private forwarded(): Forwarded | undefined {
    const header = this.request.headers[FORWARDED];
    if (header === undefined) return undefined;
    const forwarded = this.options.handler.readForwarded(String(header));
    if (forwarded) return forwarded;
    this.options.log.warn(
      { audit: true, from: peerOf(this.options, this.request).address },
      'a call said that another task had passed it on, and none has',
    );
    throw new SoapFault('Client', 'the call was not passed on by a task of this server');
  }

  private async fault(error: unknown): Promise<void> {
    const { response } = this;
    if (error instanceof RequestTooSlow) {
      response.setHeader('Connection', 'close');
      return sendText(response, 408, encodeFault('Client', error.message), XML);
    }
    if (!(error instanceof SoapFault)) throw error;
    await this.passOver();
    sendText(response, 500, encodeFault(error.code, error.message), XML);
  }

  /** Discards the rest of a request that was not read to its end. A connection on which too much would follow is closed after the answer. */
  private async passOver(): Promise<void> {
    if (!(await passOver(this.request)) && !this.response.headersSent) this.response.setHeader('Connection', 'close');
  }
}

/** Whether a client is on another machine; a client behind a proxy is. */
const isFar = ({ address, loopback }: Peer): boolean => !loopback || !isLoopback(address);

const isLoopback = (address: string): boolean => address === 'local' || address === '::1' || address.startsWith('127.');

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
  return {
    address: forwarded || direct,
    transport: options.transport,
    // A request through a proxy comes from elsewhere, whatever the proxy itself may do.
    trusted: !forwarded && options.trusts(socket),
    loopback: isLoopback(direct),
  };
}
