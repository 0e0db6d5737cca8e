import { SoapFault } from '../../shared/protocol/soap/soap-fault.ts';

// multipart/related (RFC 2387), read as its bytes come.

/** Bytes of the header of one part. */
const MAX_HEADER = 4096;

/** RFC 2046 §5.1.1 allows 70 characters. */
const MAX_BOUNDARY = 200;

/** Parts of one message: an envelope and what it refers to. */
const MAX_PARTS = 1000;

const EMPTY = Buffer.alloc(0);

/** A part; its content is read before the next part is asked for. */
export interface Part {
  id: string;
  content: AsyncIterable<Buffer>;
}

/** The parts of a body, in order. Throws a {@link SoapFault} for a body that is no multipart. */
export async function* readParts(body: AsyncIterable<Uint8Array>, contentType: string): AsyncGenerator<Part> {
  const boundary = parameterOf(contentType, 'boundary');
  if (!boundary) throw new SoapFault('Client', 'the multipart has no boundary');
  if (boundary.length > MAX_BOUNDARY) throw new SoapFault('Client', 'the boundary is too long');
  const reader = new PartReader(body, boundary);
  for await (const _ of reader.content()) {
    // RFC 2046 §5.1.1: what stands before the first boundary is for nobody.
  }
  for (let count = 0; !(await reader.atEnd()); count++) {
    if (count >= MAX_PARTS) throw new SoapFault('Client', 'the multipart has too many parts');
    const id = await reader.header();
    const content = reader.content();
    yield { id, content };
    for await (const _ of content) {
      // What nobody has read is passed over.
    }
  }
}

/** A multipart in memory: the part that is the envelope, and the others by their Content-ID. */
export interface Multipart {
  root: Buffer;
  parts: Map<string, Buffer>;
}

/** Reads a whole body of at most `limit` bytes. */
export async function parseMultipart(
  body: AsyncIterable<Uint8Array>,
  contentType: string,
  limit: number,
): Promise<Multipart> {
  const parts = new Map<string, Buffer>();
  let first: Buffer | undefined;
  let size = 0;
  for await (const { id, content } of readParts(body, contentType)) {
    const chunks: Buffer[] = [];
    for await (const chunk of content) {
      size += chunk.length;
      if (size > limit) throw new SoapFault('Client', 'the request is too large');
      chunks.push(chunk);
    }
    const bytes = Buffer.concat(chunks);
    first ??= bytes;
    parts.set(id, bytes);
  }
  const start = startOf(contentType);
  const root = (start === undefined ? undefined : parts.get(start)) ?? first;
  if (!root) throw new SoapFault('Client', 'the multipart has no parts');
  return { root, parts };
}

/** The Content-ID of the part that is the envelope; undefined when it is the first, whatever its name. */
export const startOf = (contentType: string): string | undefined =>
  parameterOf(contentType, 'start')?.replace(/^<|>$/g, '');

function parameterOf(contentType: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^;\\s]+))`, 'i').exec(contentType);
  return match?.[1] ?? match?.[2];
}

class PartReader {
  private readonly source: AsyncIterator<Uint8Array>;
  private readonly mark: Buffer;
  private buffer: Buffer = EMPTY;

  constructor(body: AsyncIterable<Uint8Array>, boundary: string) {
    this.source = body[Symbol.asyncIterator]();
    this.mark = Buffer.from(`\n--${boundary}`, 'latin1');
  }

  /** What comes before the next boundary; the boundary is read with it. The line end before it is its own, a bare line feed too. */
  async *content(): AsyncGenerator<Buffer> {
    const atOnce = this.mark.subarray(1);
    while (this.buffer.length < atOnce.length) await this.more();
    if (this.buffer.subarray(0, atOnce.length).equals(atOnce)) {
      this.buffer = this.buffer.subarray(atOnce.length);
      return;
    }
    for (;;) {
      const at = this.buffer.indexOf(this.mark);
      if (at >= 0) {
        const end = at > 0 && this.buffer[at - 1] === 13 ? at - 1 : at;
        const last = this.buffer.subarray(0, end);
        this.buffer = this.buffer.subarray(at + this.mark.length);
        if (last.length > 0) yield last;
        return;
      }
      // The end may be the beginning of a boundary.
      const sure = this.buffer.length - this.mark.length;
      if (sure > 0) {
        const chunk = this.buffer.subarray(0, sure);
        this.buffer = this.buffer.subarray(sure);
        yield chunk;
      }
      await this.more();
    }
  }

  /** Whether the boundary that was read is the last. */
  async atEnd(): Promise<boolean> {
    while (this.buffer.length < 2) await this.more();
    return this.buffer[0] === 45 && this.buffer[1] === 45;
  }

  /** Reads the header of a part and gives its Content-ID. */
  async header(): Promise<string> {
    for (;;) {
      const text = this.buffer.subarray(0, MAX_HEADER).toString('latin1');
      const empty = /\n\r?\n/.exec(text);
      if (empty) {
        this.buffer = this.buffer.subarray(empty.index + empty[0].length);
        return /^content-id:\s*<?([^>\r\n]*)>?/im.exec(text.slice(0, empty.index))?.[1]?.trim() ?? '';
      }
      if (this.buffer.length >= MAX_HEADER) throw new SoapFault('Client', 'a part of the multipart has no header');
      await this.more();
    }
  }

  private async more(): Promise<void> {
    const { done, value } = await this.source.next();
    if (done) throw new SoapFault('Client', 'the multipart is cut');
    this.buffer = this.buffer.length === 0 ? Buffer.from(value) : Buffer.concat([this.buffer, value]);
  }
}
