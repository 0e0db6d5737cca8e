import { findPart } from '../../../../shared/mime/section.ts';
import { isKnownEncoding, TransferDecoder } from '../../../../shared/mime/transfer-decoder.ts';
import type { FetchItem } from '../../../../shared/protocol/imap/fetch-items.ts';
import type { MessageContent } from '../../../../shared/store/messages/message-content.ts';
import { UnknownTransferEncoding } from '../error-responses.ts';
import type { ImapSession } from '../session.ts';

// FETCH BINARY, BINARY.PEEK and BINARY.SIZE (RFC 3516, RFC 9051 §6.4.5): parts without their transfer encoding.

type BinaryItem = Extract<FetchItem, { name: 'BINARY' | 'BINARY.SIZE' }>;

/** The range of a part in the message, and its transfer encoding. */
interface EncodedRange {
  start: number;
  end: number;
  encoding: string;
}

/** Throws UnknownTransferEncoding where one of the parts has an unknown encoding. */
export function checkEncodings(content: MessageContent, items: readonly FetchItem[]): void {
  for (const item of items) {
    if (item.name !== 'BINARY' && item.name !== 'BINARY.SIZE') continue;
    const section = sectionOf(content, item.path);
    if (section && !isKnownEncoding(section.encoding)) throw new UnknownTransferEncoding();
  }
}

/** The body of a part; a multipart is sent as it is, and an empty path is the whole message (RFC 3516 §4.2). */
function sectionOf({ root }: MessageContent, path: readonly number[]): EncodedRange | undefined {
  if (path.length === 0) return { start: root.headerStart, end: root.bodyEnd, encoding: '8bit' };
  const part = findPart(root, path);
  if (!part) return undefined;
  const { bodyStart: start, bodyEnd: end, kind, encoding } = part;
  return { start, end, encoding: kind === 'leaf' ? encoding : '8bit' };
}

/** Reads the part twice: its length goes out before its octets, and it is never in memory as a whole. */
export async function sendBinary(
  session: ImapSession,
  content: MessageContent,
  item: BinaryItem,
  before: string,
): Promise<void> {
  const section = sectionOf(content, item.path);
  if (!section) return session.output.respondPart(`${before}${item.label} ${item.name === 'BINARY' ? 'NIL' : '0'}`);
  let size = 0;
  for await (const chunk of decoded(content, section)) size += chunk.length;
  if (item.name === 'BINARY.SIZE') return session.output.respondPart(`${before}${item.label} ${size}`);
  const start = Math.min(item.partial?.start ?? 0, size);
  const end = Math.min(start + (item.partial?.length ?? size), size);
  session.output.respondPart(`${before}${item.label} ~{${end - start}}\r\n`);
  try {
    let at = 0;
    for await (const chunk of decoded(content, section)) {
      const cut = chunk.subarray(Math.max(start - at, 0), Math.max(end - at, 0));
      at += chunk.length;
      if (cut.length > 0) await session.output.sendBytes(cut);
      if (at >= end) break;
    }
  } catch (error) {
    // The client waits for the rest of the literal, so only the end of the connection can report the error.
    session.connection.abort();
    throw error;
  }
}

async function* decoded({ read }: MessageContent, { start, end, encoding }: EncodedRange): AsyncIterable<Buffer> {
  const decoder = new TransferDecoder(encoding);
  for await (const chunk of read({ start, end })) yield decoder.write(chunk);
  yield decoder.end();
}
