import type { EncodedEnvelope } from './encode.ts';
import { SoapFault } from './soap-fault.ts';

// multipart/related (RFC 2387) with an envelope and binary values beside it (MTOM, XOP §4), written and read as a stream.

/** Limit of the header of one part, in bytes. */
const MAX_HEADER = 4096;

/** RFC 2046 §5.1.1 allows 70 characters; some clients use more. */
const MAX_BOUNDARY = 200;

/** Limit of parts in one message: an envelope and the values that it refers to. */
const MAX_PARTS = 1000;

const EMPTY = Buffer.alloc(0);

const ENVELOPE_ID = '<SOAP-ENV:Envelope>';

/** The Content-Type of {@link writeMultipart}. */
export const multipartType = (boundary: string): string =>
  `multipart/related; charset=utf-8; boundary="${boundary}"; type="application/xop+xml"; start="${ENVELOPE_ID}"; start-info="text/xml"`;

/** The envelope, then each binary value as its source gives it, so that none is in memory whole. */
export async function* writeMultipart(
  { envelope, attachments }: EncodedEnvelope,
  boundary: string,
): AsyncGenerator<Buffer | string> {
  yield `${partHeader(boundary, 'application/xop+xml; charset=utf-8; type="text/xml"', ENVELOPE_ID)}${envelope}`;
  for (const { id, source } of attachments) {
    yield `\r\n${partHeader(boundary, 'application/binary', id)}`;
    yield* source;
  }
  yield `\r\n--${boundary}--`;
}

const partHeader = (boundary: string, type: string, id: string): string =>
  `--${boundary}\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: ${id}\r\n\r\n`;

/** A part; its content is read before the next part is asked for. */
export interface RelatedPart {
  id: string;
  content: AsyncIterable<Buffer>;
}

/** The parts of a body, in order. Throws a {@link SoapFault} for a body that is not a multipart. */
export async function* readParts(body: AsyncIterable<Uint8Array>, contentType: string): AsyncGenerator<RelatedPart> {
  const boundary = parameterOf(contentType, 'boundary');
  if (!boundary) throw new SoapFault('Client', 'the multipart has no boundary');
  if (boundary.length > MAX_BOUNDARY) throw new SoapFault('Client', 'the boundary is too long');
  const reader = new PartReader(body, boundary);
  for await (const _ of reader.content()) {
    // RFC 2046 §5.1.1: text before the first boundary is ignored.
  }
  for (let count = 0; !(await reader.atEnd()); count++) {
    if (count >= MAX_PARTS) throw new SoapFault('Client', 'the multipart has too many parts');
    const id = await reader.header();
    const content = reader.content();
    yield { id, content };
    for await (const _ of content) {
      // Bytes that the caller has not read are skipped.
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

/** The Content-ID of the part that is the envelope; undefined when it is the first part (RFC 2387 §3.2). */
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

  /** Bytes up to the next boundary, which is consumed. The line end before a boundary belongs to it (RFC 2046 §5.1.1), a bare line feed too. */
  async *content(): AsyncGenerator<Buffer> {
    const atStart = this.mark.subarray(1);
    while (this.buffer.length < atStart.length) await this.more();
    if (this.buffer.subarray(0, atStart.length).equals(atStart)) {
      this.buffer = this.buffer.subarray(atStart.length);
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
      // The last bytes may be the beginning of a boundary.
      const safe = this.buffer.length - this.mark.length;
      if (safe > 0) {
        const chunk = this.buffer.subarray(0, safe);
        this.buffer = this.buffer.subarray(safe);
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
    if (done) throw new SoapFault('Client', 'the multipart ends before its last boundary');
    this.buffer = this.buffer.length === 0 ? Buffer.from(value) : Buffer.concat([this.buffer, value]);
  }
}
