import type { PropertyBag } from '../mapi/property.ts';
import { PR } from '../mapi/property-tags.ts';
import { decodeTransferEncoding } from './body-text.ts';
import type { ReadRange } from './byte-range.ts';
import { decodeHeaderText } from './encoded-words.ts';
import { firstField, type HeaderField, parseHeaderFields } from './header-fields.ts';
import { headerLine, oneLine } from './header-line.ts';
import { setTime } from './message-properties.ts';
import { describePart, type Part } from './part.ts';
import { runUnlimited, type WorkRunner } from './work-runner.ts';

// Reports (RFC 6522) as MAPI messages (MS-OXCMAIL §2.2.3.8): delivery status (RFC 3464) and disposition notifications (RFC 8098).

/** The maximum size in bytes that is read of a report's machine-readable part; only an attacker exceeds it. */
const MAX_STATUS = 256 * 1024;
const MAX_HEADER = 64 * 1024;

/** The machine-readable content of a report. */
interface Report {
  /** Fields of the message; all fields of a disposition notification. */
  fields: HeaderField[];
  /** Fields of each recipient of a delivery report. */
  recipients: HeaderField[][];
  isDelivery: boolean;
  /** The header of the original message, if the report contains it. */
  original: HeaderField[];
}

/** Class and properties of a report; empty for another message. `root` needs its header fields, its parts do not. */
export async function reportProperties(
  root: Part,
  read: ReadRange,
  run: WorkRunner = runUnlimited,
): Promise<PropertyBag> {
  const report = await readReport(root, read, run);
  return report ? run(() => propertiesOf(root, report)) : new Map();
}

function propertiesOf(root: Part, report: Report): PropertyBag {
  const bag = report.isDelivery ? deliveryProperties(report) : dispositionProperties(report);
  if (!bag.has(PR.REPORT_TIME)) setTime(bag, PR.REPORT_TIME, firstField(root.fields, 'date'));
  const { original } = report;
  const id = firstField(report.fields, 'original-message-id') ?? firstField(original, 'message-id');
  if (id) bag.set(PR.ORIGINAL_MESSAGE_ID, decodeHeaderText(id));
  const subject = firstField(original, 'subject');
  if (subject !== undefined) bag.set(PR.ORIGINAL_SUBJECT, decodeHeaderText(subject));
  setTime(bag, PR.ORIGINAL_SUBMIT_TIME, firstField(original, 'date'));
  return bag;
}

const STATUS_TYPE = /^message\/(?:global-)?(?:delivery-status|disposition-notification)$/;

async function readReport(root: Part, read: ReadRange, run: WorkRunner): Promise<Report | undefined> {
  if (root.contentType.value !== 'multipart/report') return undefined;
  // RFC 6522 §3: the text for people, the machine-readable part, then the original message.
  const parts: Part[] = [];
  for (const { headerStart: start, bodyStart, bodyEnd, children } of root.children.slice(0, 3)) {
    const header = await read({ start, end: Math.min(bodyStart, start + MAX_HEADER) });
    parts.push({ ...run(() => describePart(start, bodyStart, header, 'text/plain')), bodyEnd, children });
  }
  const at = [1, 0, 2].find((i) => STATUS_TYPE.test(parts[i]?.contentType.value ?? ''));
  const part = at === undefined ? undefined : parts[at];
  if (at === undefined || !part) return undefined;
  const { bodyStart: start, bodyEnd, encoding, contentType } = part;
  const bytes = await read({ start, end: Math.min(bodyEnd, start + MAX_STATUS) });
  const [fields = [], ...recipients] = run(() =>
    decodeTransferEncoding(bytes, encoding)
      .toString('latin1')
      .split(/(?:\r?\n){2,}/)
      .map((group) => parseHeaderFields(Buffer.from(group, 'latin1')))
      .filter((group) => group.length > 0),
  );
  const header = await originalHeader(parts[at + 1], read);
  const original = header ? run(() => parseHeaderFields(header)) : [];
  return { fields, recipients, isDelivery: contentType.value.endsWith('delivery-status'), original };
}

async function originalHeader(part: Part | undefined, read: ReadRange): Promise<Buffer | undefined> {
  const message = part?.children[0];
  const range = message
    ? { start: message.headerStart, end: message.bodyStart }
    : part && /rfc822-headers$/.test(part.contentType.value)
      ? { start: part.bodyStart, end: part.bodyEnd }
      : undefined;
  return range && read({ ...range, end: Math.min(range.end, range.start + MAX_HEADER) });
}

/** The worst result of any recipient decides the class; a report without recipients is a non-delivery report. */
function deliveryProperties({ recipients }: Report): PropertyBag {
  const those = (action: string) =>
    recipients.filter((fields) => (firstField(fields, 'action') ?? '').trim().toLowerCase() === action);
  const [failed, delayed] = [those('failed'), those('delayed')];
  const [suffix, told] =
    failed.length > 0 || recipients.length === 0
      ? ['NDR', failed]
      : delayed.length > 0
        ? ['Delayed', delayed]
        : ['DR', recipients];
  const bag: PropertyBag = new Map([[PR.MESSAGE_CLASS, `REPORT.IPM.Note.${suffix}`]]);
  const lines = told.map((each) =>
    [addressIn(each), firstField(each, 'status'), withoutType(firstField(each, 'diagnostic-code'))]
      .filter(Boolean)
      .join(' '),
  );
  if (lines.length > 0) bag.set(PR.REPORT_TEXT, lines.map(decodeHeaderText).join('\r\n'));
  setTime(bag, PR.REPORT_TIME, told.map((each) => firstField(each, 'last-attempt-date')).find(Boolean));
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

/** Whether a message is a read receipt (or a non-read receipt). */
export const isReceipt = (properties: PropertyBag): boolean =>
  /^REPORT\..*\.IPNN?RN$/i.test(String(properties.get(PR.MESSAGE_CLASS) ?? ''));

/** The machine-readable part of a read receipt (RFC 8098 §3). `recipient` is the address that has read the message, or not. */
export function dispositionNotification(properties: PropertyBag, recipient: string): string {
  const text = (...tags: number[]) => tags.map((tag) => oneLine(String(properties.get(tag) ?? ''))).find(Boolean);
  // The last reference is the original message.
  const original = text(PR.ORIGINAL_MESSAGE_ID, PR.IN_REPLY_TO_ID, PR.INTERNET_REFERENCES)?.match(/<[^<>\s]+>$/)?.[0];
  const isRead = !/IPNNRN$/i.test(String(properties.get(PR.MESSAGE_CLASS)));
  const mode = text(PR.REPORT_DISPOSITION_MODE) ?? 'manual-action/MDN-sent-manually';
  return [
    headerLine('Reporting-UA', 'Pamoja'),
    headerLine('Final-Recipient', `rfc822;${recipient}`),
    ...(original ? [headerLine('Original-Message-ID', original)] : []),
    headerLine('Disposition', `${mode}; ${text(PR.REPORT_DISPOSITION) ?? (isRead ? 'displayed' : 'deleted')}`),
  ].join('');
}
