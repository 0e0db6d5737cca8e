import { SoapFault } from '../../shared/protocol/soap/decode.ts';

/** A multipart/related message: the part that is the envelope, and the others by their Content-ID. */
export interface Multipart {
  root: Buffer;
  parts: Map<string, Buffer>;
}

/** Reads a multipart/related body (RFC 2387) of at most `limit` bytes. Throws a {@link SoapFault} for one that is none. */
export async function parseMultipart(
  body: AsyncIterable<Uint8Array>,
  contentType: string,
  limit: number,
): Promise<Multipart> {
  const boundary = parameterOf(contentType, 'boundary');
  if (!boundary) throw new SoapFault('Client', 'the multipart has no boundary');
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) throw new SoapFault('Client', 'the request is too large');
    chunks.push(chunk);
  }
  const parts = split(Buffer.concat(chunks), boundary);
  const start = parameterOf(contentType, 'start')?.replace(/^<|>$/g, '');
  const byId = new Map(parts.map(({ id, bytes }) => [id, bytes]));
  const root = (start === undefined ? undefined : byId.get(start)) ?? parts[0]?.bytes;
  if (!root) throw new SoapFault('Client', 'the multipart has no parts');
  return { root, parts: byId };
}

function parameterOf(contentType: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^;\\s]+))`, 'i').exec(contentType);
  return match?.[1] ?? match?.[2];
}

function split(bytes: Buffer, boundary: string): { id: string; bytes: Buffer }[] {
  const mark = Buffer.from(`--${boundary}`, 'latin1');
  const parts: { id: string; bytes: Buffer }[] = [];
  let at = bytes.indexOf(mark);
  while (at >= 0) {
    const start = at + mark.length;
    if (bytes.subarray(start, start + 2).toString('latin1') === '--') break;
    const end = bytes.indexOf(mark, start);
    if (end < 0) throw new SoapFault('Client', 'the multipart is cut');
    parts.push(partOf(bytes.subarray(start, end)));
    at = end;
  }
  return parts;
}

/** The line end before a boundary belongs to the boundary. Bare line feeds are taken too: some clients send them. */
function partOf(bytes: Buffer): { id: string; bytes: Buffer } {
  const text = bytes.subarray(0, 4096).toString('latin1');
  const empty = /\r?\n\r?\n/.exec(text);
  if (!empty) throw new SoapFault('Client', 'a part of the multipart has no header');
  const id = /^content-id:\s*<?([^>\r\n]*)>?/im.exec(text.slice(0, empty.index))?.[1] ?? '';
  const end = bytes[bytes.length - 2] === 13 ? bytes.length - 2 : bytes.length - 1;
  return { id: id.trim(), bytes: bytes.subarray(empty.index + empty[0].length, end) };
}
