import type { Writable } from 'node:stream';
import { writeWithBackPressure } from '../../shared/net/socket-reader.ts';
import { withoutNul } from '../../shared/protocol/imap/strings.ts';

/** Characters in the queue from which on it should be sent before more is added. */
const FULL = 64 * 1024;

/**
 * Queues responses and sends them together. A send waits while the client does not read, so the queue stays small. Neither IMAP (RFC 3501 §9)
 * nor POP3 allows a NUL in a line: another octet takes its place.
 */
export class ResponseWriter {
  private sink: Writable;
  private readonly encoding: 'latin1' | 'utf8';
  private queue: string[] = [];
  private length = 0;

  /** `encoding`: how the characters of a line become octets. */
  constructor(sink: Writable, encoding: 'latin1' | 'utf8') {
    this.sink = sink;
    this.encoding = encoding;
  }

  /** Queues a line. */
  respond(line: string): void {
    this.queue.push(withoutNul(line), '\r\n');
    this.length += line.length + 2;
  }

  /** Queues characters without a line end. */
  respondPart(text: string): void {
    this.queue.push(withoutNul(text));
    this.length += text.length;
  }

  /** Queues a line and sends all that is queued. */
  async respondNow(line: string): Promise<void> {
    this.respond(line);
    await this.flush();
  }

  get isFull(): boolean {
    return this.length > FULL;
  }

  async flushIfFull(): Promise<void> {
    if (this.isFull) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.length === 0) return;
    const bytes = Buffer.from(this.queue.join(''), this.encoding);
    this.discard();
    await writeWithBackPressure(this.sink, bytes);
  }

  /** Sends octets as they are, after what is queued. */
  async sendBytes(bytes: Buffer): Promise<void> {
    await this.flush();
    await writeWithBackPressure(this.sink, bytes);
  }

  /** Drops what is queued. */
  discard(): void {
    this.queue = [];
    this.length = 0;
  }

  /** Drops what is queued, and ends the stream with a last line. */
  endWith(line: string): void {
    this.discard();
    if (this.sink.writable) this.sink.end(Buffer.from(`${line}\r\n`, this.encoding));
  }

  end(): void {
    this.sink.end();
  }

  /** Sends to another stream from here on (TLS, compression). */
  redirect(sink: Writable): void {
    this.sink = sink;
  }
}
