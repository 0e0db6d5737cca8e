import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** A socket without a network: a test is its client. */
export class TestSocket extends Duplex {
  readonly remoteAddress = '192.0.2.1';
  idleMs = 0;
  private written = '';
  private held: (() => void) | undefined;
  /** While this is false, writes wait as for a client that does not read. */
  reads = true;

  constructor() {
    super({ writableHighWaterMark: 1024, allowHalfOpen: true });
  }

  /** The octets (latin1) that the client has received since the last call. */
  received(): string {
    const { written } = this;
    this.written = '';
    return written;
  }

  send(text: string): void {
    this.push(Buffer.from(text, 'latin1'));
  }

  readOn(): void {
    this.reads = true;
    const { held } = this;
    this.held = undefined;
    held?.();
  }

  setNoDelay(): this {
    return this;
  }

  setTimeout(ms: number): this {
    this.idleMs = ms;
    return this;
  }

  asSocket(): Socket {
    return this as unknown as Socket;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written += chunk.toString('latin1');
    if (this.reads) done();
    else this.held = done;
  }
}

/** Lets pending callbacks run. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
