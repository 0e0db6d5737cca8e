import type { Readable, Writable } from 'node:stream';

const EMPTY = Buffer.alloc(0);

/**
 * Reads a socket on demand: it reads only while a caller waits for bytes, so that TCP holds back a peer that sends faster than it is served.
 * One read may wait at a time.
 */
export class SocketReader {
  /** The bytes that have arrived and are not taken yet. */
  buffer: Buffer = EMPTY;
  private ended = false;
  private failure: Error | undefined;
  private wake: (() => void) | undefined;
  private readonly socket: Readable;
  private readonly onReadable = () => this.notify();
  private readonly onEnd = () => {
    this.ended = true;
    this.notify();
  };
  private readonly onError = (error: Error) => {
    this.failure = error;
    this.notify();
  };

  constructor(socket: Readable) {
    this.socket = socket;
    socket.on('readable', this.onReadable);
    socket.on('end', this.onEnd);
    socket.on('close', this.onEnd);
    socket.on('error', this.onError);
  }

  /** Waits for more bytes and adds them to the buffer; false when there will be none. */
  async more(): Promise<boolean> {
    for (;;) {
      const chunk = this.socket.read() as Buffer | null;
      if (chunk) {
        this.buffer = this.buffer.length === 0 ? chunk : Buffer.concat([this.buffer, chunk]);
        return true;
      }
      if (this.ended || this.failure || this.socket.destroyed) return false;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** Takes the first bytes out of the buffer. */
  take(length: number): Buffer {
    const taken = this.buffer.subarray(0, length);
    this.buffer = this.buffer.subarray(length);
    return taken;
  }

  /** Stops listening to the socket, so that another reader (TLS) can take it. Bytes in the buffer stay here. */
  detach(): void {
    this.socket.off('readable', this.onReadable);
    this.socket.off('end', this.onEnd);
    this.socket.off('close', this.onEnd);
    this.socket.off('error', this.onError);
    this.ended = true;
    this.notify();
  }

  private notify(): void {
    const wake = this.wake;
    this.wake = undefined;
    wake?.();
  }
}

/** Writes, and waits while the peer does not read, so that the queue of the socket has a bounded size. */
export async function writeWithBackPressure(socket: Writable, bytes: Buffer | string): Promise<void> {
  if (!socket.writable || socket.write(bytes as Buffer)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}
