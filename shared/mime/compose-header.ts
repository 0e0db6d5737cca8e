import { decodeFlatEntryList, decodeOneOff } from '../mapi/entry-id.ts';
import { fromFileTime } from '../mapi/filetime.ts';
import { IMPORTANCE, RECIPIENT_TYPE } from '../mapi/message-flags.ts';
import type { PropertyBag, PropertyValue } from '../mapi/property.ts';
import { type MapiObject, OBJECT } from '../mapi/property-document.ts';
import { PR, type PropertyTag } from '../mapi/property-tags.ts';
import { mailDate } from './date.ts';
import { encodedWords } from './encoded-words.ts';
import { headerLine, oneLine } from './header-line.ts';
import { suppressedWords } from './message-properties.ts';
import { isReceipt } from './report.ts';

/** The header fields of a message, without those that describe its body. */
export function headerOf(message: MapiObject): string {
  const { properties } = message;
  const value = (tag: PropertyTag): string => oneLine(String(properties.get(tag) ?? ''));
  const from = mailbox(
    value(PR.SENT_REPRESENTING_NAME),
    addressOf(properties, PR.SENT_REPRESENTING_SMTP_ADDRESS, PR.SENT_REPRESENTING_EMAIL_ADDRESS),
  );
  const sender = mailbox(value(PR.SENDER_NAME), addressOf(properties, PR.SENDER_SMTP_ADDRESS, PR.SENDER_EMAIL_ADDRESS));
  const importance = Number(properties.get(PR.IMPORTANCE) ?? IMPORTANCE.NORMAL);
  const fields: [string, string][] = [
    ['From', from || sender],
    ['Sender', from && sender && sender !== from ? sender : ''],
    ['To', recipients(message, RECIPIENT_TYPE.TO)],
    ['Cc', recipients(message, RECIPIENT_TYPE.CC)],
    ['Bcc', recipients(message, RECIPIENT_TYPE.BCC)],
    ['Subject', encodeWords(value(PR.SUBJECT))],
    ['Date', dateOf(properties)],
    ['Reply-To', replyTo(properties)],
    ['Message-ID', value(PR.INTERNET_MESSAGE_ID)],
    ['In-Reply-To', value(PR.IN_REPLY_TO_ID)],
    ['References', value(PR.INTERNET_REFERENCES)],
    ...conversation(properties),
    ['Disposition-Notification-To', properties.get(PR.READ_RECEIPT_REQUESTED) === true ? from || sender : ''],
    ['Return-Receipt-To', properties.get(PR.ORIGINATOR_DELIVERY_REPORT_REQUESTED) === true ? from || sender : ''],
    ['Importance', ['low', '', 'high'][importance] ?? ''],
    ['X-Priority', ['5 (Low)', '', '1 (High)'][importance] ?? ''],
    [
      'Sensitivity',
      ['', 'Personal', 'Private', 'Company-Confidential'][Number(properties.get(PR.SENSITIVITY) ?? 0)] ?? '',
    ],
    ['Expires', timeOf(properties.get(PR.EXPIRY_TIME))],
    ['Reply-By', timeOf(properties.get(PR.REPLY_TIME))],
    ['Auto-Submitted', isReceipt(properties) ? 'auto-replied' : ''],
    ['X-Auto-Response-Suppress', suppressedWords(Number(properties.get(PR.AUTO_RESPONSE_SUPPRESS) ?? 0))],
    ['List-Help', value(PR.LIST_HELP)],
    ['List-Subscribe', value(PR.LIST_SUBSCRIBE)],
    ['List-Unsubscribe', value(PR.LIST_UNSUBSCRIBE)],
  ];
  return fields
    .filter(([, content]) => content !== '')
    .map(([name, content]) => headerLine(name, content))
    .join('');
}

/** The From address of a message, as it was set; empty if there is none. */
export const authorOf = (properties: PropertyBag): string =>
  [
    PR.SENT_REPRESENTING_SMTP_ADDRESS,
    PR.SENT_REPRESENTING_EMAIL_ADDRESS,
    PR.SENDER_SMTP_ADDRESS,
    PR.SENDER_EMAIL_ADDRESS,
  ]
    .map((tag) => String(properties.get(tag) ?? ''))
    .find((address) => address.includes('@')) ?? '';

/** The SMTP address in one of two properties; an address of type ZARAFA is a login, which means nothing outside. */
function addressOf(properties: PropertyBag, smtp: PropertyTag, email: PropertyTag): string {
  return (
    [smtp, email].map((tag) => oneLine(String(properties.get(tag) ?? ''))).find((value) => value.includes('@')) ?? ''
  );
}

function recipients(message: MapiObject, type: number): string {
  return message.children
    .filter((child) => child.type === OBJECT.MAIL_USER || child.type === OBJECT.DIST_LIST)
    .filter(
      ({ properties }) =>
        (Number(properties.get(PR.RECIPIENT_TYPE) ?? RECIPIENT_TYPE.TO) & RECIPIENT_TYPE.MASK) === type,
    )
    .map(({ properties }) =>
      mailbox(
        oneLine(String(properties.get(PR.DISPLAY_NAME) ?? '')),
        addressOf(properties, PR.SMTP_ADDRESS, PR.EMAIL_ADDRESS),
      ),
    )
    .filter(Boolean)
    .join(', ');
}

function mailbox(name: string, address: string): string {
  const clean = cleanAddress(address);
  if (clean === '') return '';
  if (name === '' || name === clean) return clean;
  const shown = /^[\x20-\x7e]*$/.test(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : encodeWords(name);
  return `${shown} <${clean}>`;
}

/** An address without characters that would end it; a quoted local part keeps its content (RFC 5322 §3.4.1). */
function cleanAddress(address: string): string {
  const quoted = /^"(?:[^"\\]|\\.)*"@/.exec(address)?.[0] ?? '';
  return quoted + address.slice(quoted.length).replace(/[\s<>,;"]/g, '');
}

const dateOf = (properties: PropertyBag): string =>
  [PR.CLIENT_SUBMIT_TIME, PR.MESSAGE_DELIVERY_TIME, PR.CREATION_TIME]
    .map((tag) => timeOf(properties.get(tag)))
    .find(Boolean) ?? '';

/** Empty for a time out of range. */
function timeOf(value: PropertyValue | undefined): string {
  const ms = typeof value === 'bigint' ? fromFileTime(value) : Number.NaN;
  return Number.isNaN(new Date(ms).getTime()) ? '' : mailDate(ms);
}

/** The Reply-To addresses. Address book entries have no SMTP address here; replies to them go to the sender of the message. */
function replyTo(properties: PropertyBag): string {
  const entries = properties.get(PR.REPLY_RECIPIENT_ENTRIES);
  if (!Buffer.isBuffer(entries)) return '';
  return decodeFlatEntryList(entries)
    .flatMap((entry) => decodeOneOff(entry) ?? [])
    .filter(({ addressType, address }) => /^smtp$/i.test(addressType) && address.includes('@'))
    .map(({ name, address }) => mailbox(oneLine(name), oneLine(address)))
    .join(', ');
}

/** Thread-Index, by which other MAPI clients group a conversation (MS-OXOMSG §2.2.1.3). */
function conversation(properties: PropertyBag): [string, string][] {
  const index = properties.get(PR.CONVERSATION_INDEX);
  if (!Buffer.isBuffer(index) || index.length < 22) return [];
  const topic = oneLine(String(properties.get(PR.CONVERSATION_TOPIC) ?? ''));
  return [
    ['Thread-Topic', encodeWords(topic)],
    ['Thread-Index', index.toString('base64')],
  ];
}

const encodeWords = (value: string): string => encodedWords(value).join(' ');
