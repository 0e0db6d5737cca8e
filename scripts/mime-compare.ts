import { parseArgs } from 'node:util';
import { type AddressObject, type Attachment, simpleParser } from 'mailparser';
import { decodeFlatEntryList, decodeOneOff } from '../shared/mapi/entry-id.ts';
import { fromFileTime } from '../shared/mapi/filetime.ts';
import { type MapiObject, OBJECT } from '../shared/mapi/property-document.ts';
import { PR } from '../shared/mapi/property-tags.ts';
import { decodeTransferEncoding } from '../shared/mime/body-text.ts';
import { firstField } from '../shared/mime/header-fields.ts';
import { mimeObject } from '../shared/mime/message-object.ts';
import { messageProperties } from '../shared/mime/message-properties.ts';
import { decodePartIndex, encodePartIndex } from '../shared/mime/part-index.ts';
import { scanMessage } from '../shared/mime/scanner.ts';
import { messagesIn, sampleMessages } from './sample-messages.ts';

// Compares the MAPI properties of every sample message with the result of an independent parser.

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: 'boolean', default: false } },
});
const [directory] = positionals;

const NO_PARTS = 'a multipart without parts: we show what stands there, theirs nothing';

/** Messages with another result than the parser's, and why ours is right. */
const KNOWN: Record<string, string> = {
  'address-angle-not-closed.eml': 'an angle bracket that is not closed: theirs loses the address',
  'address-comma-missing.eml': 'a comma that is missing: theirs loses an address',
  'address-odd-lists.eml':
    'a route, and commas that are missing: theirs takes the one for a part of the address, and loses addresses',
  'address-punycode.eml': 'theirs shows a domain in its Unicode form, we as it was sent',
  'address-quote-not-closed.eml': 'a quote that is not closed: theirs makes one address of two',
  'address-route.eml': 'theirs takes a route for a part of the address (RFC 5322 §4.4)',
  'attachment-comments-in-parameters.eml': 'theirs takes a comment for a part of the name (RFC 2045 §5.1)',
  'attachment-parameters-in-pieces.eml': 'a percent sign in a piece that is not coded: theirs takes it for a code',
  'date-far-future.eml': 'this comparison takes a time to come for none',
  'date-iso-8601.eml': 'no date of RFC 5322: theirs reads other forms too',
  'date-leap-second.eml': 'the second 60 (RFC 5322 §3.3): theirs takes it for 0',
  'date-obsolete-military-zone.eml': 'a military zone (RFC 5322 §4.3): theirs finds no date',
  'date-obsolete-three-digit-year.eml':
    'a year of three digits counts from 1900 (RFC 5322 §4.3): theirs takes it as it is',
  'encoding-name-in-upper-case-with-comment.eml':
    'a comment before the encoding (RFC 2045 §6.1): theirs finds no encoding',
  'fault-boundary-that-does-not-occur.eml': NO_PARTS,
  'fault-content-type-without-subtype.eml':
    'a type without a subtype is text/plain (RFC 2045 §5.2): theirs makes an attachment of it',
  'fault-duplicate-fields.eml': 'fields that stand twice: we read the first, theirs the last',
  'fault-missing-boundary-parameter.eml': NO_PARTS,
  'fault-missing-inner-closing-boundary.eml':
    'an outer delimiter ends the inner multipart (RFC 2046 §5.1.2): theirs loses the file',
  'fault-no-semicolon-before-boundary.eml': 'no semicolon before the boundary: theirs finds no parts',
  'header-encoded-word-in-address.eml': 'an encoded word in an address is none (RFC 2047 §5): theirs decodes it',
  'structure-boundary-padding.eml': 'white space behind a delimiter (RFC 2046 §5.1.1): theirs finds no parts',
  'structure-calendar-only.eml':
    'an invitation alone is an attachment to both; this comparison leaves out our texts that are not called attachments',
  'structure-flowed.eml': 'theirs joins no quoted lines of a flowed text (RFC 3676 §4.5)',
  'structure-inner-multiparts-without-parts.eml': NO_PARTS,
  'structure-multipart-without-parts.eml': NO_PARTS,
  'structure-smime-signed.eml': 'all of a signed message is one attachment in MAPI (MS-OXCMAIL §2.2.3.7.1)',
  'structure-tnef.eml': 'theirs reads no TNEF',
  'structure-tnef-meeting.eml': 'theirs reads no TNEF',
  'mail-parser-malformed-002.eml': NO_PARTS,
  'mail-parser-malformed-004.eml': NO_PARTS,
  'mail-parser-malformed-007.eml': NO_PARTS,
  'mail-parser-malformed-017.eml': 'no semicolon before the boundary: theirs finds no parts',
  'mail-parser-malformed-019.eml': 'two Date fields, the first of them spoiled: we read its day, theirs the second',
  'mail-parser-malformed-020.eml': 'parts without their end: theirs loses the image',
  'mail-parser-malformed-021.eml': 'parts without their end: theirs loses the image',
  'mail-parser-rfc-002.eml': 'message/partial stays as it is, theirs reads what is in the first piece',
  'mail-parser-rfc-007.eml': 'theirs knows no multipart/digest',
  'mail-parser-thirdparty-005.eml': 'a character of UTF-16 that is cut in half',
  'mime4j-badbound.eml': NO_PARTS,
  'mime4j-ending-boundaries.eml': NO_PARTS,
  'mime4j-frag.eml': 'message/partial stays as it is, theirs reads what is in the first piece',
  'mime4j-missing-boundary.eml': NO_PARTS,
  'mime4j-multi-frag.eml': 'a closing boundary that is spoiled: theirs takes it for base64',
  'mime4j-multi-weirdspace.eml': 'white space within a boundary parameter: theirs finds no parts',
  'mime4j-multipartnopart.eml': NO_PARTS,
};

/** The common form of both results. */
interface View {
  subject: string;
  from: string;
  to: string;
  cc: string;
  replyTo: string;
  sent: number | undefined;
  messageId: string;
  text: string;
  attachments: string[];
}

/** Messages in messages: they are objects of their own here, and texts or attachments there. */
const isBeside = (type: string): boolean => type.startsWith('message/');

/** White space as it may be. */
const words = (text: string): string => text.replace(/[\s\u00a0]+/g, ' ').trim();
/** Text that could not be decoded: the other parser knows fewer charsets, and does not take raw 8-bit headers as UTF-8 or Latin-1. */
const isGarbled = (text: string): boolean => /\ufffd|\u00ef\u00bf\u00bd/.test(text);
const address = (text: string | undefined): string => (text ?? '').toLowerCase().replace(/\s+/g, '');

async function ours(bytes: Buffer): Promise<View> {
  const root = scanMessage(bytes);
  const { bag } = messageProperties(root, 0);
  const read = async ({ start, end }: { start: number; end: number }) => bytes.subarray(start, end);
  const { object, parts } = await mimeObject(decodePartIndex(encodePartIndex(root)), read, bag);
  const { properties, children } = object;
  const text = (tag: number): string => String(properties.get(tag) ?? '');
  const recipients = (type: number): string =>
    children
      .filter((child) => child.type === OBJECT.MAIL_USER && child.properties.get(PR.RECIPIENT_TYPE) === type)
      .map((child) => address(String(child.properties.get(PR.EMAIL_ADDRESS))))
      // Theirs has no address without a domain.
      .filter((each) => each.includes('@'))
      .sort()
      .join(' ');
  const sent = properties.get(PR.CLIENT_SUBMIT_TIME);
  const attachments = children.flatMap((child: MapiObject) => {
    const part = parts.get(child.id);
    if (child.type !== OBJECT.ATTACHMENT || !part || isBeside(part.contentType.value)) return [];
    // Texts that are shown are joined by them; MAPI has one body, and the others beside it.
    const disposition = firstField(part.fields, 'content-disposition') ?? '';
    if (part.contentType.value.startsWith('text/') && !/^\s*attachment/i.test(disposition)) return [];
    const data = decodeTransferEncoding(bytes.subarray(part.bodyStart, part.bodyEnd), part.encoding);
    return [`${String(child.properties.get(PR.ATTACH_LONG_FILENAME) ?? '')}: ${data.length}`];
  });
  return {
    subject: words(text(PR.SUBJECT)),
    from: withDomain(address(text(PR.SENT_REPRESENTING_EMAIL_ADDRESS))),
    to: recipients(1),
    cc: recipients(2),
    replyTo: replyTo(properties.get(PR.REPLY_RECIPIENT_ENTRIES)),
    sent: typeof sent === 'bigint' ? fromFileTime(sent) : undefined,
    messageId: bare(text(PR.INTERNET_MESSAGE_ID)),
    text: words(text(PR.BODY)),
    attachments: attachments.sort(),
  };
}

function replyTo(entries: unknown): string {
  const list = Buffer.isBuffer(entries) ? decodeFlatEntryList(entries) : [];
  return list
    .map((entry) => address(decodeOneOff(entry)?.address))
    .filter((each) => each.includes('@'))
    .sort()
    .join(' ');
}

async function theirs(bytes: Buffer): Promise<View> {
  const parsed = await simpleParser(bytes, { skipImageLinks: true, skipHtmlToText: true, skipTextToHtml: true });
  const addresses = (list: AddressObject | AddressObject[] | undefined): string[] =>
    [list ?? []]
      .flat()
      .flatMap(({ value }) => value)
      .flatMap((each) => (each.group ? each.group : [each]))
      .map((each) => address(each.address))
      .filter((each) => each !== '');
  return {
    subject: words(parsed.subject ?? ''),
    from: withDomain(addresses(parsed.from)[0] ?? ''),
    to: addresses(parsed.to).sort().join(' '),
    cc: addresses(parsed.cc).sort().join(' '),
    replyTo: addresses(parsed.replyTo)
      .filter((each) => each.includes('@'))
      .sort()
      .join(' '),
    // Without a valid date, the other parser gives the current time.
    sent: parsed.date && parsed.date.getTime() < began - DAY_MS ? parsed.date.getTime() : undefined,
    messageId: bare(parsed.messageId ?? ''),
    text: words(parsed.text ?? ''),
    attachments: parsed.attachments
      .filter(
        ({ contentType, filename }: Attachment) =>
          !isBeside(contentType) && !(contentType.startsWith('text/') && !filename),
      )
      .map(({ filename, content }: Attachment) => `${filename ?? ''}: ${content.length}`)
      .sort(),
  };
}

const began = Date.now();
const DAY_MS = 86_400_000;
const withDomain = (text: string): string => (text.includes('@') ? text : '');
const bare = (id: string): string => words(id).replace(/^<|>$/g, '');

/** The fields in which two views differ. */
function differences(mine: View, other: View): string[] {
  const found: string[] = [];
  if (mine.subject !== other.subject && !isGarbled(other.subject))
    found.push(`subject: ${mine.subject} | ${other.subject}`);
  for (const key of ['from', 'to', 'cc', 'sent', 'messageId'] as const)
    if (mine[key] !== other[key]) found.push(`${key}: ${mine[key]} | ${other[key]}`);
  // They join all texts of a message; MAPI has one body.
  if (!other.text.includes(mine.text) && !isGarbled(other.text))
    found.push(`text: ${mine.text.slice(0, 80)} | ${other.text.slice(0, 80)}`);
  if (mine.attachments.join('; ') !== other.attachments.join('; '))
    found.push(`attachments: ${mine.attachments.join('; ')} | ${other.attachments.join('; ')}`);
  return found;
}

const messages = directory ? messagesIn(directory) : sampleMessages();
let agree = 0;
let unexpected = 0;
for (const { name: file, bytes: original } of messages) {
  const bytes = Buffer.from(original.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
  const found = differences(await ours(bytes), await theirs(bytes));
  if (found.length === 0) agree++;
  const reason = KNOWN[file];
  if (found.length > 0 && !reason) unexpected++;
  if (found.length > 0 && (flags.verbose || !reason))
    for (const line of [...found, ...(reason ? [`  ${reason}`] : [])]) console.log(`${file}: ${line}`);
}
if (unexpected === 0) for (const { name } of messages) if (KNOWN[name]) console.log(`${name}: ${KNOWN[name]}`);
console.log(`mime-compare: ${agree} of ${messages.length} messages agree`);
process.exit(unexpected > 0 ? 1 : 0);
