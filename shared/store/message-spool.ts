import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Part } from '../mime/part.ts';
import { MimeScanner } from '../mime/scanner.ts';
import type { MessageSource } from './prepare-message.ts';

/** Up to this many bytes a message waits in memory, beyond it in a temporary file. */
const MEMORY_MAX = 512 * 1024;

/** Where a message waits between its arrival and its commit. Its MIME structure is found while it comes in. */
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
    if (this.file) await this.spill(this.file);
    else if (this.bytes > MEMORY_MAX) {
      const name = path.join(tmpdir(), `kopano-spool-${randomUUID()}`);
      this.file = await open(name, 'wx+', 0o600);
      // Without a name the file goes away with the process, however that ends.
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
        Buffer.allocUnsafe(Math.min(64 * 1024, end - at)),
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
    this.chunks = [];
    await this.file?.close();
    this.file = undefined;
  }

  private async spill(file: FileHandle): Promise<void> {
    const chunks = this.chunks;
    this.chunks = [];
    await file.appendFile(Buffer.concat(chunks));
  }
}
