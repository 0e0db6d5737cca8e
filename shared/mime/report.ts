import { toFileTime } from '../mapi/filetime.ts';
import type { PropertyBag } from '../mapi/property-document.ts';
import { PR } from '../mapi/property-tags.ts';
import { decodeTransferEncoding } from './body-text.ts';
import { parseMailDate } from './date.ts';
import { decodeHeaderText } from './encoded-words.ts';
import { firstField, type HeaderField, parseHeaderFields } from './header-fields.ts';
import type { ReadRange } from './message-object.ts';
import type { Part } from './part.ts';

// Reports (RFC 6522): of delivery (RFC 3464), and of what became of a message (RFC 8098), as MAPI has them (MS-OXCMAIL §2.2.3.8).

/** A part of a report that programs read is longer only where somebody means harm. */
const MAX_STATUS = 256 * 1024;
const MAX_ORIGINAL_HEADER = 64 * 1024;

/** What a report says to programs. */
interface Report {
  /** Fields of the message, or all there are of a disposition notification. */
  fields: HeaderField[];
  /** Fields of each recipient of a delivery report. */
  recipients: HeaderField[][];
  isDelivery: boolean;
  /** Header of the message that it is about, where it came along. */
  original: HeaderField[];
}

/** Class and properties of a message that is a report; empty for another. `root` knows what its header says, its parts need not. */
export async function reportProperties(root: Part, read: ReadRange): Promise<PropertyBag> {
  const report = await readReport(root, read);
  if (!report) return new Map();
  const bag = report.isDelivery ? deliveryProperties(report) : dispositionProperties(report);
  const sentAt = parseMailDate(firstField(root.fields, 'date') ?? '');
  if (sentAt !== undefined && !bag.has(PR.REPORT_TIME)) bag.set(PR.REPORT_TIME, toFileTime(sentAt));
  const { original } = report;
  const id = firstField(report.fields, 'original-message-id') ?? firstField(original, 'message-id');
  if (id) bag.set(PR.ORIGINAL_MESSAGE_ID, decodeHeaderText(id));
  const subject = firstField(original, 'subject');
  if (subject !== undefined) bag.set(PR.ORIGINAL_SUBJECT, decodeHeaderText(subject));
  const submitted = parseMailDate(firstField(original, 'date') ?? '');
  if (submitted !== undefined) bag.set(PR.ORIGINAL_SUBMIT_TIME, toFileTime(submitted));
  return bag;
}

const STATUS_TYPE = /^message\/(?:global-)?(delivery-status|disposition-notification)$/;

async function readReport(root: Part, read: ReadRange): Promise<Report | undefined> {
  if (root.contentType.value !== 'multipart/report') return undefined;
  // The text for people comes first, then what programs read, then the message that it is about (RFC 6522 §3).
  const headers: HeaderField[][] = [];
  for (const { headerStart: start, bodyStart: end } of root.children.slice(0, 3))
    headers.push(parseHeaderFields(await read({ start, end: Math.min(end, start + MAX_ORIGINAL_HEADER) })));
  const typeOf = (i: number): string =>
    (firstField(headers[i] ?? [], 'content-type') ?? '').replace(/;.*$/s, '').trim().toLowerCase();
  const at = [1, 0, 2].find((i) => STATUS_TYPE.test(typeOf(i)));
  const part = at === undefined ? undefined : root.children[at];
  if (at === undefined || !part) return undefined;
  const { bodyStart: start, bodyEnd } = part;
  const bytes = await read({ start, end: Math.min(bodyEnd, start + MAX_STATUS) });
  const encoding = (firstField(headers[at] ?? [], 'content-transfer-encoding') ?? '').trim().toLowerCase();
  const [fields = [], ...recipients] = decodeTransferEncoding(bytes, encoding)
    .toString('latin1')
    .split(/(?:\r?\n){2,}/)
    .map((group) => parseHeaderFields(Buffer.from(group, 'latin1')))
    .filter((group) => group.length > 0);
  const original = await originalHeader(root.children[at + 1], typeOf(at + 1), read);
  return { fields, recipients, isDelivery: typeOf(at).endsWith('delivery-status'), original };
}

async function originalHeader(part: Part | undefined, type: string, read: ReadRange): Promise<HeaderField[]> {
  const message = part?.children[0];
  const range = message
    ? { start: message.headerStart, end: message.bodyStart }
    : part && /rfc822-headers$/.test(type)
      ? { start: part.bodyStart, end: part.bodyEnd }
      : undefined;
  if (!range) return [];
  return parseHeaderFields(await read({ ...range, end: Math.min(range.end, range.start + MAX_ORIGINAL_HEADER) }));
}

/** The worst that has happened to any recipient says what the report is. */
const ACTIONS = [
  ['failed', 'NDR'],
  ['delayed', 'Delayed'],
  ['', 'DR'],
] as const;

function deliveryProperties({ recipients }: Report): PropertyBag {
  const actionOf = (fields: HeaderField[]) => (firstField(fields, 'action') ?? '').trim().toLowerCase();
  // A report that does not say what has happened to whom is bad news.
  const [worst, suffix] =
    (recipients.length > 0 && ACTIONS.find(([action]) => recipients.some((each) => actionOf(each) === action))) ||
    ACTIONS[recipients.length > 0 ? 2 : 0];
  const told = recipients.filter((each) => worst === '' || actionOf(each) === worst);
  const bag: PropertyBag = new Map([[PR.MESSAGE_CLASS, `REPORT.IPM.Note.${suffix}`]]);
  const lines = told.map((each) =>
    [addressIn(each), firstField(each, 'status'), withoutType(firstField(each, 'diagnostic-code'))]
      .filter(Boolean)
      .join(' '),
  );
  if (lines.length > 0) bag.set(PR.REPORT_TEXT, lines.map(decodeHeaderText).join('\r\n'));
  const at = parseMailDate(told.map((each) => firstField(each, 'last-attempt-date')).find(Boolean) ?? '');
  if (at !== undefined) bag.set(PR.REPORT_TIME, toFileTime(at));
  return bag;
}

/** RFC 8098 §3.2.6: `mode/mode; type/modifier`. */
function dispositionProperties({ fields }: Report): PropertyBag {
  const [mode = '', what = ''] = (firstField(fields, 'disposition') ?? '').split(';').map((text) => text.trim());
  const unread = /^(?:deleted|denied|failed)\b/i.test(what);
  const bag: PropertyBag = new Map([
    [PR.MESSAGE_CLASS, `REPORT.IPM.Note.${unread ? 'IPNNRN' : 'IPNRN'}`],
    [PR.REPORT_DISPOSITION, what],
    [PR.REPORT_DISPOSITION_MODE, mode],
  ]);
  const recipient = addressIn(fields);
  if (recipient) bag.set(PR.REPORT_TEXT, `${decodeHeaderText(recipient)} ${what}`);
  return bag;
}

const addressIn = (fields: readonly HeaderField[]): string =>
  withoutType(firstField(fields, 'original-recipient') ?? firstField(fields, 'final-recipient'));

/** `rfc822; address` and `smtp; reply` without their types. */
const withoutType = (value: string | undefined): string => (value ?? '').replace(/^[\w-]+\s*;/, '').trim();

/** A read receipt that a client sends is of one of these classes. */
export const isReceipt = (messageClass: string): boolean => /^REPORT\..*\.IPNN?RN$/i.test(messageClass);

/** The part of a read receipt that programs read (RFC 8098 §3). `recipient`: who has read it, or not. */
export function dispositionNotification(properties: PropertyBag, recipient: string): string {
  const text = (...tags: number[]) =>
    tags
      .map((tag) => String(properties.get(tag) ?? ''))
      .find(Boolean)
      ?.replace(/[\r\n\0]+/g, ' ');
  // The last of the references is the message itself.
  const original = text(PR.ORIGINAL_MESSAGE_ID, PR.IN_REPLY_TO_ID, PR.INTERNET_REFERENCES)?.match(/<[^<>\s]+>$/)?.[0];
  const isRead = !/IPNNRN$/i.test(String(properties.get(PR.MESSAGE_CLASS)));
  const mode = text(PR.REPORT_DISPOSITION_MODE) ?? 'manual-action/MDN-sent-manually';
  return [
    'Reporting-UA: Kopano',
    `Final-Recipient: rfc822;${recipient}`,
    ...(original ? [`Original-Message-ID: ${original}`] : []),
    `Disposition: ${mode}; ${text(PR.REPORT_DISPOSITION) ?? (isRead ? 'displayed' : 'deleted')}`,
    '',
  ].join('\r\n');
}
