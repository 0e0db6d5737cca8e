import { mailDate } from '../mime/date.ts';
import { encodedWords } from '../mime/encoded-words.ts';
import { firstField } from '../mime/header-fields.ts';
import { filterHeader } from '../mime/header-filter.ts';
import { headerLine } from '../mime/header-line.ts';
import { collect } from '../platform/collect.ts';
import { pathAddress } from '../protocol/smtp/path.ts';
import { type MessageContent, readHeader } from '../store/messages/message-content.ts';
import type { OutgoingMessage, OutgoingRecipient } from '../store/outgoing/outgoing-queue.ts';

/** Bytes up to which the report holds the whole message; for a larger one it holds the header. */
const WHOLE_MESSAGE = 1024 * 1024;

export interface ReportOptions {
  hostname: string;
  /** Address and name of the user who sent the message. */
  to: string;
  now: number;
  /** The message itself, while it is still there. */
  content: MessageContent | undefined;
}

/** Makes the report that a message could not be delivered to some recipients (RFC 3464, RFC 6522). */
export async function undeliverableReport(
  message: OutgoingMessage,
  failed: readonly OutgoingRecipient[],
  { hostname, to, now, content }: ReportOptions,
): Promise<Buffer> {
  const id = message.id.toString('hex');
  const boundary = `report-${id}`;
  const original = content && (await originalPart(content));
  const messageId = content && firstField(await readHeader(content), 'message-id');
  const head = [
    headerLine('From', `Mail Delivery System <mailer-daemon@${hostname}>`),
    headerLine('To', `<${pathAddress(to)}>`),
    headerLine('Subject', encodedWords(`Undeliverable: ${message.subject}`).join(' ')),
    headerLine('Date', mailDate(now)),
    headerLine('Message-ID', `<${id}.${now}@${hostname}>`),
    // A field of the message that came in is passed on only where it is plain.
    ...(messageId && /^<[\x21-\x7e]{1,900}>$/.test(messageId) ? [headerLine('References', messageId)] : []),
    headerLine('Auto-Submitted', 'auto-replied'),
    headerLine('MIME-Version', '1.0'),
    headerLine('Content-Type', `multipart/report; report-type=delivery-status; boundary="${boundary}"`),
  ];
  const part = (type: string, body: Buffer | string) =>
    Buffer.concat([Buffer.from(`\r\n--${boundary}\r\nContent-Type: ${type}\r\n`), Buffer.from(body as string)]);
  return Buffer.concat([
    Buffer.from(head.join('')),
    part(
      'text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64',
      `\r\n${base64Lines(explanation(message, failed))}`,
    ),
    part('message/delivery-status', `\r\n${deliveryStatus(message, failed, hostname, now)}`),
    ...(original ? [part(original.type, Buffer.concat([Buffer.from('\r\n'), original.body]))] : []),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}

function explanation({ subject, submittedAt }: OutgoingMessage, failed: readonly OutgoingRecipient[]): string {
  return [
    `Your message "${subject}" of ${mailDate(submittedAt)} could not be delivered to:`,
    '',
    ...failed.flatMap(({ address, reply }) => [`  ${address}`, `    ${reply}`, '']),
    'It will not be tried again. You can send it again when the reason has been dealt with.',
    '',
  ].join('\r\n');
}

/** RFC 3464 §2: fields of the message, then a group of fields for each recipient. */
function deliveryStatus(
  { submittedAt }: OutgoingMessage,
  failed: readonly OutgoingRecipient[],
  hostname: string,
  now: number,
): string {
  const groups = failed.map(({ address, reply }) => [
    // RFC 6533 §3: an address beyond ASCII has a type of its own.
    /^[\x20-\x7e]*$/.test(address)
      ? headerLine('Final-Recipient', `rfc822; ${address}`)
      : headerLine('Final-Recipient', `utf-8; ${utf8Address(address)}`),
    headerLine('Action', 'failed'),
    headerLine('Status', statusCode(reply)),
    headerLine('Diagnostic-Code', `smtp; ${reply.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 900)}`),
    headerLine('Last-Attempt-Date', mailDate(now)),
  ]);
  return [
    [headerLine('Reporting-MTA', `dns; ${hostname}`), headerLine('Arrival-Date', mailDate(submittedAt))],
    ...groups,
  ]
    .map((lines) => lines.join(''))
    .join('\r\n');
}

/** The enhanced code of a reply (RFC 3463), or the one for its class. Only permanent failures are reported. */
const statusCode = (reply: string): string => {
  const [, detail] = /^\d{3}[ -][245]\.(\d{1,3}\.\d{1,3})\b/.exec(reply) ?? [];
  return `5.${detail ?? '0.0'}`;
};

/** utf-8-addr-xtext (RFC 6533 §3): what is beyond ASCII as \x{HEX}. */
const utf8Address = (address: string): string =>
  [...address]
    .map((character) =>
      /[\x21-\x7e]/.test(character) && !'\\+='.includes(character)
        ? character
        : `\\x{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`,
    )
    .join('');

async function originalPart(content: MessageContent): Promise<{ type: string; body: Buffer }> {
  if (content.size <= WHOLE_MESSAGE) {
    const body = await collect(content.read({ start: 0, end: content.size }));
    return {
      type: `message/rfc822\r\nContent-Transfer-Encoding: ${body.some((byte) => byte > 127) ? '8bit' : '7bit'}`,
      body,
    };
  }
  const header = await collect(content.read({ start: 0, end: content.root.bodyStart }));
  return { type: 'text/rfc822-headers', body: filterHeader(header, [], false) };
}

const base64Lines = (text: string): string => Buffer.from(text).toString('base64').replace(/.{76}/g, '$&\r\n');
