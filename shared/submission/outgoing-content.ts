import { Readable } from 'node:stream';
import DKIM from 'nodemailer/lib/dkim';
import type { DkimKey } from '../directory/tenants/dkim-keys.ts';
import { mailDate } from '../mime/date.ts';
import { filterFields } from '../mime/header-filter.ts';
import { crlfLines, withCrlf } from '../mime/line-ends.ts';
import { collect } from '../platform/collect.ts';
import type { MessageContent } from '../store/messages/message-content.ts';
import type { OutgoingMessage } from '../store/outgoing/outgoing-queue.ts';

/** Fields that are removed, since other recipients must not see them (RFC 5322 §3.6.3). */
const BLIND = ['bcc', 'resent-bcc'];

/** A message as it is sent: the same bytes were checked. */
export interface OutgoingContent {
  /** The header and its empty line: with CRLF line ends, without blind copies and without lines that are no field. */
  header: Buffer;
  /** The body; may be opened more than once. */
  body(): AsyncIterable<Buffer>;
}

/**
 * Makes the bytes of a message as they are sent. The header ends where its readers will see an empty line. If a CR stands alone in the stored
 * bytes, that is not where the header ends in them.
 */
export async function outgoingContent({ root, size, read }: MessageContent): Promise<OutgoingContent> {
  const kept = withCrlf((await collect(read({ start: 0, end: root.bodyStart }))).toString('latin1'));
  const end = kept.startsWith('\r\n') ? 0 : kept.indexOf('\r\n\r\n') + 2;
  const hasEnd = end !== 1;
  const header = filterFields(hasEnd ? kept.slice(0, end) : `${kept}\r\n`, BLIND, false);
  const rest = Buffer.from(hasEnd ? kept.slice(end + 2) : '', 'latin1');
  return {
    header: Buffer.from(header, 'latin1'),
    async *body() {
      if (rest.length > 0) yield rest;
      yield* crlfLines(read({ start: root.bodyStart, end: size }));
    },
  };
}

/** The bytes for the wire: the trace field first (RFC 5321 §4.4), signed (RFC 6376) where there is a key. */
export function openOutgoing(
  { header, body }: OutgoingContent,
  message: OutgoingMessage,
  hostname: string,
  key: DkimKey | undefined,
): Readable {
  const received = `Received: by ${hostname} with ESMTPSA id ${message.id.toString('hex')};\r\n ${mailDate(message.submittedAt)}\r\n`;
  const bytes = async function* (): AsyncIterable<Buffer> {
    yield Buffer.concat([Buffer.from(received), header]);
    yield* body();
  };
  const lines = Readable.from(bytes(), { objectMode: false });
  if (!key) return lines;
  const signer = new DKIM({ domainName: key.domain, keySelector: key.selector, privateKey: key.privateKey });
  const signed = signer.sign(lines);
  lines.on('error', (error) => signed.destroy(error));
  return signed;
}
