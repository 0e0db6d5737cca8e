import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { secureSocket } from '../../shared/net/secure-socket.ts';
import { SocketReader } from '../../shared/net/socket-reader.ts';
import { ResponseWriter } from './response-writer.ts';

const LOGIN_TIMEOUT_MS = 60_000;

/** How long a command may go on after the account of its session has changed. */
const FINISH_MS = 2_000;

/** How long a client has to take its farewell before the socket is destroyed. */
const FAREWELL_MS = 1_000;

export const ACCOUNT_CHANGED = 'Your account has changed: log in again';

/** Why the server ends a connection. RFC 3206 §4 has a response code of its own for credentials that are not valid any more. */
export type EndReason = 'server' | 'credentials';

/** The differences between the protocols. */
export interface ConnectionProtocol {
  encoding: 'latin1' | 'utf8';
  /** The last line that a client gets when the server ends the connection. */
  farewell(text: string, reason: EndReason): string;
}

/** The connection of a client: its socket with TLS and compression, the bytes that arrive, and its end. */
export class ClientConnection {
  readonly output: ResponseWriter;
  private readonly protocol: ConnectionProtocol;
  private socket: Socket;
  private input: SocketReader;
  private open = true;
  private secure: boolean;
  private compressed = false;
  /** The account has changed: no further command is carried out for it. */
  private revoked = false;
  /** No command is running: the session waits for its client. */
  private waiting = false;

  constructor(socket: Socket, secure: boolean, protocol: ConnectionProtocol) {
    this.socket = socket;
    this.secure = secure;
    this.protocol = protocol;
    this.output = new ResponseWriter(socket, protocol.encoding);
    this.input = new SocketReader(socket);
    this.prepareSocket();
  }

  get reader(): SocketReader {
    return this.input;
  }

  /** Whether further commands are read. */
  get isOpen(): boolean {
    return this.open;
  }

  get isSecure(): boolean {
    return this.secure;
  }

  get isCompressed(): boolean {
    return this.compressed;
  }

  /** Whether the client is unreachable, so that a long answer can stop. */
  get isGone(): boolean {
    return this.socket.destroyed;
  }

  get remoteAddress(): string {
    return this.socket.remoteAddress ?? 'unknown';
  }

  /** Sends what is queued and waits for bytes; false when no more will arrive. */
  async more(): Promise<boolean> {
    await this.output.flush();
    return this.waitForBytes();
  }

  /** Waits for bytes. Meanwhile the session may be ended at once: no response is under way. */
  async waitForBytes(): Promise<boolean> {
    if (this.revoked) this.end(ACCOUNT_CHANGED, 'credentials');
    if (!this.open) return false;
    this.waiting = true;
    try {
      return await this.input.more();
    } finally {
      this.waiting = false;
    }
  }

  setIdleTimeout(ms: number): void {
    this.socket.setTimeout(ms);
  }

  onClose(listener: () => void): void {
    this.socket.once('close', listener);
  }

  /** Reads no further command; what is queued is still sent. */
  stop(): void {
    this.open = false;
  }

  /** Queues the farewell behind the responses that are queued, and reads no further command. */
  bye(text: string, reason: EndReason = 'server'): void {
    this.output.respond(this.protocol.farewell(text, reason));
    this.stop();
  }

  /** Ends the connection between two responses: shutdown, silence for too long, or an account that has changed. */
  end(text: string, reason: EndReason = 'server'): void {
    if (!this.open) return;
    this.stop();
    this.output.endWith(this.protocol.farewell(text, reason));
    this.input.detach();
    setTimeout(() => this.socket.destroy(), FAREWELL_MS).unref();
  }

  /** Cuts the connection off at once. */
  abort(): void {
    this.stop();
    this.output.discard();
    this.socket.destroy();
  }

  /**
   * Ends the session of an account that has changed: at once while the client is quiet, else after the command that is running, since a
   * farewell in the middle of a literal would be part of it. A command that takes longer is cut off.
   */
  revoke(): void {
    this.revoked = true;
    if (this.waiting) return this.end(ACCOUNT_CHANGED, 'credentials');
    setTimeout(() => {
      if (this.open) this.abort();
    }, FINISH_MS).unref();
  }

  /** After a command: says farewell where the account has changed meanwhile. */
  byeIfRevoked(): void {
    if (this.revoked && this.open) this.bye(ACCOUNT_CHANGED, 'credentials');
  }

  /** Sends what is queued, and ends the connection. */
  async finish(): Promise<void> {
    await this.output.flush();
    this.output.end();
    this.input.detach();
  }

  /** Goes on over TLS. Commands must not be in the buffer: they came in the clear (RFC 3501 §6.2.1, RFC 2595 §4). */
  startTls(context: SecureContext): void {
    const { socket, reader } = secureSocket(this.socket, this.input, context);
    this.socket = socket;
    this.input = reader;
    this.output.redirect(socket);
    this.secure = true;
    this.prepareSocket();
  }

  /** Goes on over compressed streams on the socket; `make` gets the octets that have been read already. */
  compress(make: (socket: Socket, already: Buffer) => { input: Readable; output: Writable }): void {
    this.input.detach();
    const { input, output } = make(this.socket, this.input.buffer);
    this.input = new SocketReader(input);
    this.output.redirect(output);
    this.compressed = true;
  }

  private prepareSocket(): void {
    this.socket.setNoDelay(true);
    this.socket.setTimeout(LOGIN_TIMEOUT_MS);
    this.socket.on('timeout', () => this.end('Too long without a command'));
  }
}
