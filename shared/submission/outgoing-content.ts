import { Readable } from 'node:stream';
import DKIM from 'nodemailer/lib/dkim';
import type { DkimKey } from '../directory/dkim-keys.ts';
import { mailDate } from '../mime/date.ts';
import { filterHeader } from '../mime/header-filter.ts';
import { crlfLines } from '../mime/line-ends.ts';
import { collect } from '../platform/collect.ts';
import type { MessageContent } from '../store/messages.ts';
import type { OutgoingMessage } from '../store/outgoing-queue.ts';

/** Fields that other recipients must not see (RFC 5322 §3.6.3). */
const BLIND = ['bcc', 'resent-bcc'];

/**
 * The bytes of a message as they go out: its trace field first (RFC 5321 §4.4), blind copies gone, line ends right, signed
 * (RFC 6376) where the domain has a key.
 */
export function openOutgoing(
  content: MessageContent,
  message: OutgoingMessage,
  hostname: string,
  key: DkimKey | undefined,
): Readable {
  const lines = Readable.from(crlfLines(withTrace(content, message, hostname)), { objectMode: false });
  if (!key) return lines;
  const signer = new DKIM({ domainName: key.domain, keySelector: key.selector, privateKey: key.privateKey });
  const signed = signer.sign(lines);
  lines.on('error', (error) => signed.destroy(error));
  return signed;
}

async function* withTrace(content: MessageContent, message: OutgoingMessage, hostname: string): AsyncIterable<Buffer> {
  const header = await collect(content.read({ start: 0, end: content.root.bodyStart }));
  const received = `Received: by ${hostname} with ESMTPSA id ${message.id.toString('hex')};\r\n ${mailDate(message.submittedAt)}\r\n`;
  yield Buffer.concat([Buffer.from(received), filterHeader(header, BLIND, false)]);
  yield* content.read({ start: content.root.bodyStart, end: content.size });
}
