import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A client of a line-based protocol: writes bytes, and waits for expected lines. */
export class LineClient {
  readonly socket: Socket;
  private buffer = Buffer.alloc(0);
  private pieces: Buffer[] = [];
  private ended = false;
  private wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.pieces.push(chunk);
      this.wake?.();
    });
    for (const event of ['close', 'error', 'end']) {
      socket.on(event, () => {
        this.ended = true;
        this.wake?.();
      });
    }
  }

  /** `from`: an address of the loopback network to come from. */
  static open(port: number, options: { tls?: boolean; from?: string } = {}): Promise<LineClient> {
    return new Promise((resolve, reject) => {
      const at = { port, host: '127.0.0.1', localAddress: options.from };
      const socket = options.tls ? connectTls({ ...at, rejectUnauthorized: false }) : connect(at);
      socket.once('error', reject);
      socket.once(options.tls ? 'secureConnect' : 'connect', () => resolve(new LineClient(socket)));
    });
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** The next line, without its line end. Throws when the server has gone. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.buffer.indexOf('\r\n');
      if (end >= 0) {
        const line = this.buffer.toString('latin1', 0, end);
        this.buffer = this.buffer.subarray(end + 2);
        return line;
      }
      await this.more();
    }
  }

  async bytes(length: number): Promise<Buffer> {
    while (this.buffer.length < length) await this.more();
    const taken = this.buffer.subarray(0, length);
    this.buffer = this.buffer.subarray(length);
    return taken;
  }

  close(): void {
    this.socket.destroy();
  }

  private async more(): Promise<void> {
    if (this.pieces.length === 0) {
      if (this.ended) throw new Error('the server has closed the connection');
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    this.buffer = Buffer.concat([this.buffer, ...this.pieces]);
    this.pieces = [];
  }
}
