import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { MessageSource } from '../mime/message-source.ts';
import type { Part } from '../mime/part.ts';
import { MimeScanner } from '../mime/scanner.ts';

/**
 * A message up to this many bytes waits in memory while all waiting messages together stay below the total; otherwise it waits in a temporary
 * file.
 */
const MEMORY_MAX = 4 * 1024 * 1024;
const MEMORY_TOTAL = 64 * 1024 * 1024;

/** So many bytes of each message are kept in memory, however many messages wait. */
const MEMORY_ALWAYS = 128 * 1024;

/** Bytes of all messages of this process that wait in memory. */
let inMemory = 0;

/** Bytes that are read of a file at once. */
const READ = 256 * 1024;

/** Keeps a message between its arrival and its commit. Its MIME structure is found as the bytes arrive. */
export class MessageSpool implements MessageSource {
  readonly scanner = new MimeScanner();
  private bytes = 0;
  private chunks: Buffer[] = [];
  private file: FileHandle | undefined;
  private structure: Part | undefined;

  get size(): number {
    return this.bytes;
  }

  /** Takes the next bytes; resolves when the spool can take more. */
  async write(chunk: Buffer): Promise<void> {
    this.scanner.write(chunk);
    this.bytes += chunk.length;
    this.chunks.push(chunk);
    inMemory += chunk.length;
    if (this.file) await this.spill(this.file);
    else if (this.bytes > MEMORY_MAX || (this.bytes > MEMORY_ALWAYS && inMemory > MEMORY_TOTAL)) {
      const name = path.join(tmpdir(), `pamoja-spool-${randomUUID()}`);
      this.file = await open(name, 'wx+', 0o600);
      // A file without a name is removed by the system when the process ends in any way.
      await unlink(name);
      await this.spill(this.file);
    }
  }

  /** The message is complete: its structure. */
  finish(): Part {
    this.structure ??= this.scanner.end();
    return this.structure;
  }

  async *read(start: number, end: number): AsyncIterable<Buffer> {
    if (!this.file) {
      const all = this.chunks.length === 1 && this.chunks[0] ? this.chunks[0] : Buffer.concat(this.chunks);
      this.chunks = [all];
      yield all.subarray(start, end);
      return;
    }
    for (let at = start; at < end; ) {
      const { bytesRead, buffer } = await this.file.read(
        Buffer.allocUnsafe(Math.min(READ, end - at)),
        0,
        undefined,
        at,
      );
      if (bytesRead === 0) throw new Error('the spool file is shorter than what was written to it');
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  async dispose(): Promise<void> {
    this.forget();
    await this.file?.close();
    this.file = undefined;
  }

  /** Frees the memory that the message takes. */
  private forget(): Buffer[] {
    const chunks = this.chunks;
    inMemory -= chunks.reduce((sum, { length }) => sum + length, 0);
    this.chunks = [];
    return chunks;
  }

  private async spill(file: FileHandle): Promise<void> {
    const chunks = this.forget();
    await file.appendFile(Buffer.concat(chunks));
  }
}
