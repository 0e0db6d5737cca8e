import { conversationId, splitSubject } from '../mapi/conversation.ts';
import { encodeFlatEntryList, encodeOneOff } from '../mapi/entry-id.ts';
import { toFileTime } from '../mapi/filetime.ts';
import type { PropertyBag } from '../mapi/property.ts';
import { PR, type PropertyTag } from '../mapi/property-tags.ts';
import { type Address, isGroup, type Mailbox, mailboxesOf, parseAddressList } from './address-list.ts';
import { parseMailDate } from './date.ts';
import { decodeHeaderText, decodeRawText } from './encoded-words.ts';
import { firstField } from './header-fields.ts';
import type { Part } from './part.ts';
import { parameter, parseStructuredField } from './structured-field.ts';

/** The values that the store has in typed columns, and the bag that it stores as a document. */
export interface MessageProperties {
  messageClass: string;
  subject: string;
  conversationId: Buffer;
  senderName: string;
  senderAddress: string;
  displayTo: string;
  /** Milliseconds since 1970 (UTC); undefined without a valid Date field. */
  sentAt: number | undefined;
  importance: 0 | 1 | 2;
  hasAttachments: boolean;
  bag: PropertyBag;
}

/** Maps the header of a message to MAPI properties (MS-OXCMAIL §2.2.3). */
export function messageProperties(root: Part, deliveredAt: number): MessageProperties {
  const text = (name: string) => decodeHeaderText(firstField(root.fields, name) ?? '');
  const addresses = (name: string) => parseAddressList(firstField(root.fields, name) ?? '');
  const subject = text('subject');
  const { prefix, normalized } = splitSubject(subject);
  const from = mailboxesOf(addresses('from'))[0];
  const sender = mailboxesOf(addresses('sender'))[0] ?? from;
  const sentAt = parseMailDate(firstField(root.fields, 'date') ?? '');
  const properties: MessageProperties = {
    messageClass: messageClass(root),
    subject,
    conversationId: conversationId(normalized),
    senderName: displayName(from),
    senderAddress: addressOf(from),
    displayTo: displayList(addresses('to')),
    sentAt,
    importance: importanceOf(root),
    hasAttachments: hasAttachments(root),
    bag: new Map(),
  };
  const bag = properties.bag;
  bag.set(PR.MESSAGE_CLASS, properties.messageClass);
  bag.set(PR.SUBJECT, subject);
  bag.set(PR.SUBJECT_PREFIX, prefix);
  bag.set(PR.NORMALIZED_SUBJECT, normalized);
  bag.set(PR.CONVERSATION_TOPIC, normalized);
  bag.set(PR.IMPORTANCE, properties.importance);
  bag.set(PR.PRIORITY, properties.importance - 1);
  bag.set(PR.SENSITIVITY, sensitivityOf(text('sensitivity')));
  bag.set(PR.HASATTACH, properties.hasAttachments);
  bag.set(PR.SENDER_ADDRTYPE, 'SMTP');
  bag.set(PR.SENDER_NAME, displayName(sender));
  bag.set(PR.SENDER_EMAIL_ADDRESS, addressOf(sender));
  bag.set(PR.SENT_REPRESENTING_ADDRTYPE, 'SMTP');
  bag.set(PR.SENT_REPRESENTING_NAME, properties.senderName);
  bag.set(PR.SENT_REPRESENTING_EMAIL_ADDRESS, properties.senderAddress);
  if (sender && from) {
    bag.set(PR.SENDER_ENTRYID, entryIdOf(sender));
    bag.set(PR.SENDER_SEARCH_KEY, smtpSearchKey(addressOf(sender)));
    bag.set(PR.SENT_REPRESENTING_ENTRYID, entryIdOf(from));
    bag.set(PR.SENT_REPRESENTING_SEARCH_KEY, smtpSearchKey(addressOf(from)));
  }
  const replyTo = mailboxesOf(addresses('reply-to')).slice(0, MAX_REPLY_TO);
  if (replyTo.length > 0) {
    bag.set(PR.REPLY_RECIPIENT_ENTRIES, encodeFlatEntryList(replyTo.map(entryIdOf)));
    bag.set(PR.REPLY_RECIPIENT_NAMES, displayList(replyTo));
  }
  bag.set(PR.DISPLAY_TO, properties.displayTo);
  bag.set(PR.DISPLAY_CC, displayList(addresses('cc')));
  bag.set(PR.DISPLAY_BCC, displayList(addresses('bcc')));
  bag.set(PR.MESSAGE_DELIVERY_TIME, toFileTime(deliveredAt));
  if (sentAt !== undefined) bag.set(PR.CLIENT_SUBMIT_TIME, toFileTime(sentAt));
  for (const [tag, ...names] of TIME_FIELDS)
    setTime(bag, tag, names.map((name) => firstField(root.fields, name)).find(Boolean));
  const optional = [
    [PR.INTERNET_MESSAGE_ID, 'message-id'],
    [PR.IN_REPLY_TO_ID, 'in-reply-to'],
    [PR.INTERNET_REFERENCES, 'references'],
  ] as const;
  for (const [tag, name] of optional) if (firstField(root.fields, name)) bag.set(tag, text(name));
  for (const [tag, name] of LIST_FIELDS) if (firstField(root.fields, name)) bag.set(tag, text(name));
  // MS-OXCMAIL §2.2.3.2.18 and §2.2.3.2.19
  if (firstField(root.fields, 'disposition-notification-to')) bag.set(PR.READ_RECEIPT_REQUESTED, true);
  if (firstField(root.fields, 'return-receipt-to')) bag.set(PR.ORIGINATOR_DELIVERY_REPORT_REQUESTED, true);
  const suppressed = suppressedResponses(root);
  if (suppressed !== 0) bag.set(PR.AUTO_RESPONSE_SUPPRESS, suppressed);
  const index = firstField(root.fields, 'thread-index');
  if (index) bag.set(PR.CONVERSATION_INDEX, Buffer.from(index, 'base64'));
  return properties;
}

/** Sets a time from a date in a header, if it is valid. */
export function setTime(bag: PropertyBag, tag: PropertyTag, date: string | undefined): void {
  const at = parseMailDate(date ?? '');
  if (at !== undefined) bag.set(tag, toFileTime(at));
}

/** The maximum number of Reply-To addresses. */
const MAX_REPLY_TO = 50;

/** MS-OXCMAIL §2.2.3.2.11 and §2.2.3.2.12 */
const TIME_FIELDS = [
  [PR.EXPIRY_TIME, 'expires', 'expiry-date'],
  [PR.REPLY_TIME, 'reply-by'],
] as const;

const LIST_FIELDS = [
  [PR.LIST_HELP, 'list-help'],
  [PR.LIST_SUBSCRIBE, 'list-subscribe'],
  [PR.LIST_UNSUBSCRIBE, 'list-unsubscribe'],
] as const;

/** The names of the bits of PR_AUTO_RESPONSE_SUPPRESS in X-Auto-Response-Suppress (MS-OXCMAIL §2.1.3.2.16), the lowest first. */
const RESPONSES = ['DR', 'NDR', 'RN', 'NRN', 'OOF', 'AutoReply'];
const ALL_RESPONSES = 0xff;

/** The names of the bits that are set. */
export const suppressedWords = (bits: number): string =>
  bits === ALL_RESPONSES ? 'All' : RESPONSES.filter((_, i) => bits & (1 << i)).join(', ');

/** The automatic responses that a message suppresses; an automatic message also suppresses out-of-office and automatic replies (RFC 3834 §2). */
function suppressedResponses(root: Part): number {
  const words = (firstField(root.fields, 'x-auto-response-suppress') ?? '').toLowerCase().split(/[\s,]+/);
  const asked = RESPONSES.reduce(
    (bits, response, i) => (words.includes(response.toLowerCase()) ? bits | (1 << i) : bits),
    words.includes('all') ? ALL_RESPONSES : 0,
  );
  const automatic = /^\s*auto-/i.test(firstField(root.fields, 'auto-submitted') ?? '');
  return automatic ? asked | 0x30 : asked;
}

/** MS-OXCMAIL §2.2.3.6: the message class by content type; the class of a report depends on its parts. */
function messageClass(root: Part): string {
  const { value } = root.contentType;
  if (isClearSigned(root)) return 'IPM.Note.SMIME.MultipartSigned';
  if (value === 'application/pkcs7-mime' || value === 'application/x-pkcs7-mime') return 'IPM.Note.SMIME';
  return 'IPM.Note';
}

/** Whether a message is clear-signed with S/MIME; PGP signatures are attachments to MAPI clients. */
export const isClearSigned = ({ contentType }: Part): boolean =>
  contentType.value === 'multipart/signed' && /pkcs7-signature/i.test(parameter(contentType, 'protocol') ?? '');

/** MS-OXCMAIL §2.2.3.2.5: Importance, else X-Priority and X-MSMail-Priority. */
function importanceOf(root: Part): 0 | 1 | 2 {
  const value = (
    firstField(root.fields, 'importance') ??
    firstField(root.fields, 'x-msmail-priority') ??
    ''
  ).toLowerCase();
  if (value === 'high') return 2;
  if (value === 'low') return 0;
  const priority = Number.parseInt(firstField(root.fields, 'x-priority') ?? '3', 10);
  if (priority === 1 || priority === 2) return 2;
  return priority === 4 || priority === 5 ? 0 : 1;
}

const SENSITIVITIES = ['normal', 'personal', 'private', 'company-confidential'];
const sensitivityOf = (text: string): number => Math.max(SENSITIVITIES.indexOf(text.toLowerCase()), 0);

function hasAttachments(part: Part): boolean {
  if (part.kind === 'multipart') {
    return (
      part.contentType.value !== 'multipart/alternative' &&
      part.children.some((child, i) => isAttachment(child, i === 0))
    );
  }
  return false;
}

function isAttachment(part: Part, first: boolean): boolean {
  const disposition = parseStructuredField(firstField(part.fields, 'content-disposition') ?? '').value;
  if (disposition === 'attachment' || part.kind === 'message') return true;
  if (part.kind === 'multipart') return hasAttachments(part);
  return (
    disposition !== 'inline' &&
    !first &&
    !part.contentType.value.startsWith('text/') &&
    !firstField(part.fields, 'content-id')
  );
}

/** Characters that are allowed in a local part only in quotes (RFC 5322 §3.2.3). */
const NEEDS_QUOTES = /[\s()<>[\]:;@\\,"]/;

/** `local@domain` as text (RFC 6532 §3.2), the local part quoted if necessary (RFC 5321 §4.1.2); empty without an address. */
export function addressOf(mailbox: Mailbox | undefined): string {
  if (!mailbox) return '';
  const { local, domain } = mailbox;
  if (!domain) return decodeRawText(local);
  const quoted = NEEDS_QUOTES.test(local) ? `"${local.replace(/["\\]/g, '\\$&')}"` : local;
  return decodeRawText(`${quoted}@${domain}`);
}

/** The search key of an address that is not in the address book (MS-OXCDATA §2.2.5.1). */
export const smtpSearchKey = (address: string): Buffer => Buffer.from(`SMTP:${address.toUpperCase()}\0`);

export const entryIdOf = (mailbox: Mailbox): Buffer => encodeOneOff(displayName(mailbox), 'SMTP', addressOf(mailbox));

export const displayName = (mailbox: Mailbox | undefined): string =>
  mailbox?.name ? decodeHeaderText(mailbox.name) : addressOf(mailbox);

const displayList = (list: readonly Address[]): string =>
  list.map((address) => (isGroup(address) ? decodeHeaderText(address.group) : displayName(address))).join('; ');
