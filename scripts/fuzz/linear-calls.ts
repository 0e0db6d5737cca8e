import { compareSorted, compareTextKeys, compareValues, textKey } from '../../shared/mapi/compare.ts';
import { conversationId, splitSubject } from '../../shared/mapi/conversation.ts';
import * as entryId from '../../shared/mapi/entry-id.ts';
import { isPlainValue, type PropertyValue } from '../../shared/mapi/property.ts';
import { changeBag } from '../../shared/mapi/property-bag.ts';
import * as documents from '../../shared/mapi/property-document.ts';
import { type MapiObject, OBJECT } from '../../shared/mapi/property-document.ts';
import { PR, type PropertyTag } from '../../shared/mapi/property-tags.ts';
import { type ContentRestriction, restrictedTags } from '../../shared/mapi/restriction.ts';
import { readRestriction, restrictionDocument } from '../../shared/mapi/restriction-document.ts';
import { matches, type Restrictable, testOf } from '../../shared/mapi/restriction-matcher.ts';
import type { RuleAction } from '../../shared/mapi/rule-action.ts';
import { readRuleAction, ruleActionDocument } from '../../shared/mapi/rule-action-document.ts';
import { parseAddressList } from '../../shared/mime/address-list.ts';
import { AddressTokens } from '../../shared/mime/address-tokens.ts';
import { readAuthors } from '../../shared/mime/author-fields.ts';
import { decodeTransferEncoding, textOf } from '../../shared/mime/body-text.ts';
import { composeMessage } from '../../shared/mime/compose.ts';
import { headerOf } from '../../shared/mime/compose-header.ts';
import { decompressRtf, packRtf } from '../../shared/mime/compressed-rtf.ts';
import { parseMailDate } from '../../shared/mime/date.ts';
import * as words from '../../shared/mime/encoded-words.ts';
import { flow, unflow } from '../../shared/mime/flowed.ts';
import { firstField, parseHeaderFields } from '../../shared/mime/header-fields.ts';
import { filterFields, filterHeader } from '../../shared/mime/header-filter.ts';
import { headerLine, oneLine } from '../../shared/mime/header-line.ts';
import { filterHtml } from '../../shared/mime/html-filter.ts';
import * as html from '../../shared/mime/html-text.ts';
import * as lines from '../../shared/mime/line-ends.ts';
import { listedHeader } from '../../shared/mime/listed-header.ts';
import { mimeObject } from '../../shared/mime/message-object.ts';
import * as properties from '../../shared/mime/message-properties.ts';
import { asText, describePart } from '../../shared/mime/part.ts';
import { decodePartIndex, encodePartIndex } from '../../shared/mime/part-index.ts';
import { previewOf } from '../../shared/mime/preview.ts';
import { dispositionNotification, reportProperties } from '../../shared/mime/report.ts';
import { htmlToRtf, readRtf, textToRtf } from '../../shared/mime/rtf.ts';
import { MimeScanner, scanMessage } from '../../shared/mime/scanner.ts';
import { parameter, parameterText, parseStructuredField } from '../../shared/mime/structured-field.ts';
import { readTnef, writeTnef } from '../../shared/mime/tnef.ts';
import { findTnef, tnefOf } from '../../shared/mime/tnef-part.ts';
import { TransferDecoder } from '../../shared/mime/transfer-decoder.ts';
import { decodeUtf7 } from '../../shared/mime/utf7.ts';
import { hidesAddresses, plainAddresses } from '../../shared/protocol/imap/address-text.ts';
import { parseAppendItem, parseAppendItems } from '../../shared/protocol/imap/append-items.ts';
import { Arguments } from '../../shared/protocol/imap/arguments.ts';
import { baseSubject } from '../../shared/protocol/imap/base-subject.ts';
import { bodyOfStructure } from '../../shared/protocol/imap/body-of-structure.ts';
import { encodeBodyStructure } from '../../shared/protocol/imap/body-structure.ts';
import { casemap } from '../../shared/protocol/imap/casemap.ts';
import { parseDateTime, parseDay } from '../../shared/protocol/imap/date-time.ts';
import { encodeEnvelope } from '../../shared/protocol/imap/envelope.ts';
import { readEnvelope } from '../../shared/protocol/imap/envelope-reader.ts';
import * as fetchItems from '../../shared/protocol/imap/fetch-items.ts';
import { encodeFlags, parseFlagList } from '../../shared/protocol/imap/flag-names.ts';
import { parseIdFields } from '../../shared/protocol/imap/id-fields.ts';
import { parseMessageUrl } from '../../shared/protocol/imap/imap-url.ts';
import { decodeMailboxName, encodeMailboxName, listPattern } from '../../shared/protocol/imap/mailbox-name.ts';
import { parseNotify } from '../../shared/protocol/imap/notify-events.ts';
import { parsePartialRange } from '../../shared/protocol/imap/partial-range.ts';
import { searchText, sentDay } from '../../shared/protocol/imap/search-fields.ts';
import * as searchKeys from '../../shared/protocol/imap/search-keys.ts';
import * as sets from '../../shared/protocol/imap/sequence-set.ts';
import * as strings from '../../shared/protocol/imap/strings.ts';
import { byReferences, encodeThreads, orderedSubject, type Threadable } from '../../shared/protocol/imap/threads.ts';
import { readMessageStream, writeMessageStream } from '../../shared/protocol/message-stream.ts';
import { Multiline, topOf } from '../../shared/protocol/pop3/multiline.ts';
import * as sasl from '../../shared/protocol/sasl.ts';
import * as scram from '../../shared/protocol/scram.ts';
import { parseSmtpCommand } from '../../shared/protocol/smtp/command.ts';
import { DataDecoder } from '../../shared/protocol/smtp/data-decoder.ts';
import { isSendable, pathAddress } from '../../shared/protocol/smtp/path.ts';
import { decodeRequest, decodeResponse, requestOf } from '../../shared/protocol/soap/decode.ts';
import { encodeFault, encodeRequest, encodeResponse } from '../../shared/protocol/soap/encode.ts';
import { EnvelopeReader } from '../../shared/protocol/soap/envelope-reader.ts';

/** Gives text (a byte a character) to a function, wherever the text of a stranger gets into it. What it throws says nothing of the time it takes. */
export type Call = (text: string) => unknown;

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

async function* chunksOf(text: string): AsyncIterable<Buffer> {
  const bytes = bytesOf(text);
  for (let at = 0; at < bytes.length; at += 4096) yield bytes.subarray(at, at + 4096);
}

async function drained(chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of chunks);
}

const scanned = (text: string) => scanMessage(bytesOf(text));
const readOf = (text: string) => {
  const bytes = bytesOf(text);
  return async ({ start, end }: { start: number; end: number }) => bytes.subarray(start, end);
};

/** A message with a run in a field, in its Content-Type, in its body and in a part. */
const MESSAGES: readonly ((text: string) => string)[] = [
  (text) => `${text}\r\n\r\n`,
  (text) => `From: ${text}\r\nTo: ${text}\r\nReply-To: ${text}\r\n\r\n`,
  (text) => `Subject: ${text}\r\nReferences: ${text}\r\nDate: ${text}\r\nThread-Index: ${text}\r\n\r\n`,
  (text) =>
    `Content-Type: text/plain; ${text}\r\nContent-Disposition: ${text}\r\nContent-Transfer-Encoding: ${text}\r\n\r\n`,
  (text) => `Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${text}`,
  (text) => `Content-Type: text/plain; charset=utf-8; format=flowed\r\n\r\n${text}`,
  (text) => `Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n${text}\r\n\r\n--a\r\n\r\n${text}\r\n--a--\r\n`,
  (text) =>
    `Content-Type: multipart/report; boundary=a\r\n\r\n--a\r\n\r\n--a\r\nContent-Type: message/delivery-status\r\n\r\n${text}\r\n--a--\r\n`,
];

const withMessages = (work: (text: string) => unknown): Call[] =>
  MESSAGES.map((message) => (text) => work(message(text)));

/** A message whose properties have a run in them. */
const mapiMessage = (text: string): MapiObject => ({
  type: OBJECT.MESSAGE,
  id: 1,
  properties: new Map<PropertyTag, PropertyValue>([
    ...[
      PR.SUBJECT,
      PR.SENT_REPRESENTING_NAME,
      PR.INTERNET_MESSAGE_ID,
      PR.IN_REPLY_TO_ID,
      PR.INTERNET_REFERENCES,
      PR.LIST_HELP,
      PR.BODY,
    ].map((tag): [PropertyTag, PropertyValue] => [tag, text]),
    [PR.SENT_REPRESENTING_EMAIL_ADDRESS, `a@${text}`],
    [PR.HTML, bytesOf(text)],
  ]),
  children: [
    {
      type: OBJECT.MAIL_USER,
      id: 2,
      properties: new Map<PropertyTag, PropertyValue>([
        [PR.DISPLAY_NAME, text],
        [PR.EMAIL_ADDRESS, `a@${text}`],
      ]),
      children: [],
    },
    {
      type: OBJECT.ATTACHMENT,
      id: 3,
      properties: new Map<PropertyTag, PropertyValue>([
        [PR.ATTACH_LONG_FILENAME, text],
        [PR.ATTACH_MIME_TAG, text],
        [PR.ATTACH_CONTENT_ID, text],
      ]),
      children: [],
    },
  ],
});

const receipt = (text: string): MapiObject => {
  const message = mapiMessage(text);
  message.properties.set(PR.MESSAGE_CLASS, 'REPORT.IPM.Note.IPNRN');
  return message;
};

const restrictable = (text: string): Restrictable => ({ get: () => text });

const content = (tag: PropertyTag, value: string): ContentRestriction => ({
  type: 'content',
  tag,
  property: { tag, value },
  match: 'substring',
  ignoreCase: false,
  ignoreNonSpace: false,
  loose: false,
});

const forwardTo = (text: string): RuleAction => ({
  type: 'forward',
  flags: 0,
  recipients: [...text].map((value) => [{ tag: PR.SUBJECT, value }]),
  preserveSender: false,
  keepUnchanged: false,
  asAttachment: false,
  asTextMessage: false,
});

const argumentsOf =
  (read: (args: Arguments) => unknown): Call =>
  (text) =>
    read(new Arguments([text]));

/** An IMAP grammar after what begins it, so that its inner rules are reached. */
const grammar = (read: (args: Arguments) => unknown, ...beginnings: string[]): Call[] =>
  ['', ...beginnings].map((beginning) => (text) => argumentsOf(read)(beginning + text));

const envelope = (body: string): Buffer =>
  Buffer.from(
    `<?xml version="1.0"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:ns="urn:zarafa"><SOAP-ENV:Body>${body}</SOAP-ENV:Body></SOAP-ENV:Envelope>`,
    'latin1',
  );

const escaped = (text: string): string => html.escapeHtml(text.replace(/[^\t\n\x20-\x7e]/g, '?'));

const logon = (text: string): Buffer[] => [
  envelope(`<ns:logon><szUsername>${escaped(text)}</szUsername><ulFlags>${escaped(text)}</ulFlags></ns:logon>`),
  envelope(text),
  bytesOf(text),
];

/** As many messages as there are lines of 16 characters, each with the text of its line. */
const threadable = (text: string): Threadable<number>[] =>
  Array.from({ length: Math.ceil(text.length / 16) }, (_, i) => ({
    value: i,
    sentAt: i,
    number: i,
    subject: { base: text.slice(i * 16, i * 16 + 16), isReply: i % 2 === 0 },
    messageId: `${i}@x`,
    references: [`${i - 1}@x`, text.slice(i * 16, i * 16 + 16)],
  }));

const SCRAM_KEYS = {
  iterations: 4096,
  salt: Buffer.alloc(16),
  storedKey: Buffer.alloc(32),
  serverKey: Buffer.alloc(32),
};

/** A TNEF stream that has a run as one attribute, as text of one property, and as all of its properties. */
function tnefStreams(text: string): Buffer[] {
  const message = { ...mapiMessage(text), children: [] };
  message.properties.set(PR.BODY, `${text}`);
  return [
    writeTnef(message),
    Buffer.concat([Buffer.from('789f3e22010001069003', 'hex'), bytesOf(text)]),
    Buffer.concat([Buffer.from('789f3e220100', 'hex'), bytesOf(text)]),
  ];
}

/** How each exported function is called, by its module and its name. */
export const CALLS: Record<string, readonly Call[]> = {
  'mapi/compare.ts compareSorted': [(text) => compareSorted([text], [`${text}x`], [false])],
  'mapi/compare.ts compareTextKeys': [(text) => compareTextKeys(textKey(text), textKey(`${text}x`))],
  'mapi/compare.ts textKey': [(text) => textKey(text)],
  'mapi/compare.ts compareValues': [(text) => compareValues(text, `${text}x`)],
  'mapi/conversation.ts conversationId': [conversationId],
  'mapi/conversation.ts splitSubject': [
    splitSubject,
    (text) => splitSubject(`re${text}`),
    (text) => splitSubject(`re[1${text}`),
  ],
  'mapi/entry-id.ts decodeAddressBookId': [(text) => entryId.decodeAddressBookId(bytesOf(text))],
  'mapi/entry-id.ts decodeEntryId': [(text) => entryId.decodeEntryId(bytesOf(text))],
  'mapi/entry-id.ts decodeFlatEntryList': [(text) => entryId.decodeFlatEntryList(bytesOf(text))],
  'mapi/entry-id.ts decodeOneOff': [
    (text) => entryId.decodeOneOff(bytesOf(text)),
    (text) => entryId.decodeOneOff(entryId.encodeOneOff(text, text, text)),
  ],
  'mapi/entry-id.ts encodeFlatEntryList': [(text) => entryId.encodeFlatEntryList([...text].map(bytesOf))],
  'mapi/entry-id.ts encodeOneOff': [(text) => entryId.encodeOneOff(text, text, text)],
  'mapi/entry-id.ts isAddressBookId': [(text) => entryId.isAddressBookId(bytesOf(text))],
  'mapi/property-bag.ts changeBag': [
    (text) => {
      const bag = new Map(Array.from(text, (char, i): [PropertyTag, PropertyValue] => [(i << 16) | 3, char]));
      return changeBag(bag, bag, [...bag.keys()]);
    },
  ],
  'mapi/property-document.ts decodeDocument': [
    (text) => documents.decodeDocument(bytesOf(text)),
    (text) => documents.decodeDocument(documents.encodeObjectDocument(mapiMessage(text))),
  ],
  'mapi/property-document.ts decodePropertyDocument': [
    (text) => documents.decodePropertyDocument(documents.encodePropertyDocument(mapiMessage(text).properties)),
  ],
  'mapi/property-document.ts documentBlobs': [(text) => documents.documentBlobs(bytesOf(text))],
  'mapi/property-document.ts encodeObjectDocument': [(text) => documents.encodeObjectDocument(mapiMessage(text))],
  'mapi/property-document.ts encodePropertyDocument': [
    (text) => documents.encodePropertyDocument(mapiMessage(text).properties),
  ],
  'mapi/restriction-matcher.ts testOf': [
    (text) => testOf({ ...content(PR.SUBJECT, text), loose: true })(restrictable('xyz')),
  ],
  'mapi/restriction-matcher.ts matches': [
    ...[
      {},
      { match: 'whole' as const },
      { match: 'prefix' as const },
      { ignoreCase: true },
      { ignoreCase: true, ignoreNonSpace: true },
    ].flatMap((how) =>
      [PR.SUBJECT, PR.ANR].map(
        (tag): Call =>
          (text) =>
            matches({ ...content(tag, 'xyz'), ...how }, restrictable(text)),
      ),
    ),
    ...(['less', 'equal', 'regularExpression'] as const).map(
      (relation): Call =>
        (text) =>
          matches(
            { type: 'property', relation, tag: PR.ANR, property: { tag: PR.ANR, value: 'xyz' } },
            restrictable(text),
          ),
    ),
  ],
  'mapi/restriction-document.ts readRestriction': [
    (text) =>
      readRestriction({ ulType: 0, lpAnd: [...text].map((char) => restrictionDocument(content(PR.SUBJECT, char))) }),
  ],
  'mapi/restriction-document.ts restrictionDocument': [
    (text) => restrictionDocument({ type: 'or', conditions: [...text].map((char) => content(PR.SUBJECT, char)) }),
  ],
  'mapi/property.ts isPlainValue': [(text) => isPlainValue([...text])],
  'mapi/rule-action-document.ts readRuleAction': [(text) => readRuleAction(ruleActionDocument(forwardTo(text)))],
  'mapi/rule-action-document.ts ruleActionDocument': [(text) => ruleActionDocument(forwardTo(text))],
  'mapi/restriction.ts restrictedTags': [
    (text) => restrictedTags({ type: 'or', conditions: [...text].map((char) => content(PR.SUBJECT, char)) }),
  ],
  'mime/address-tokens.ts AddressTokens': [
    (text) => {
      const tokens = new AddressTokens(text);
      while (tokens.next().kind !== 'end') tokens.literal();
    },
  ],
  'mime/address-list.ts parseAddressList': [
    parseAddressList,
    (text) => parseAddressList(`a${text}`),
    (text) => parseAddressList(`<a${text}`),
    (text) => parseAddressList(`<a@${text}`),
    (text) => parseAddressList(`"${text}`),
    (text) => parseAddressList(`a:${text}`),
    (text) => parseAddressList(`<@${text}`),
    (text) => parseAddressList('<@>'.repeat(text.length / 3)),
    (text) => parseAddressList('a@b <'.repeat(text.length / 5)),
    (text) => parseAddressList('(a)"b"'.repeat(text.length / 6)),
  ],
  'mime/author-fields.ts readAuthors': [
    (text) => readAuthors([{ name: 'from', value: text }]),
    (text) => readAuthors([{ name: 'from', value: `a@b,${text}a@b` }]),
  ],
  'mime/body-text.ts decodeTransferEncoding': ['base64', 'quoted-printable', '8bit'].map(
    (encoding): Call =>
      (text) =>
        decodeTransferEncoding(bytesOf(text), encoding),
  ),
  'mime/body-text.ts textOf': withMessages((text) => textOf(bytesOf(text), scanned(text))),
  'mime/compose-header.ts headerOf': [(text) => headerOf(mapiMessage(text))],
  'mime/compose.ts composeMessage': [
    (text) => drained(composeMessage(mapiMessage(text), () => chunksOf(text))),
    (text) => drained(composeMessage(receipt(text), () => chunksOf(text))),
    (text) => drained(composeMessage(mapiMessage(text), () => chunksOf(text), { tnef: { nameOf: () => undefined } })),
    (text) => {
      const message = mapiMessage('x');
      message.properties.set(PR.MESSAGE_CLASS, 'IPM.Note.SMIME.MultipartSigned');
      const [attachment] = message.children.filter(({ type }) => type === OBJECT.ATTACHMENT);
      attachment?.properties.set(PR.ATTACH_MIME_TAG, 'multipart/signed');
      return drained(composeMessage(message, () => chunksOf(text)));
    },
  ],
  'mime/compressed-rtf.ts decompressRtf': [
    (text) => decompressRtf(packRtf(text)),
    (text) => {
      const packed = packRtf(text);
      packed.writeUInt32LE(0x75465a4c, 8);
      return decompressRtf(packed);
    },
  ],
  'mime/compressed-rtf.ts packRtf': [packRtf],
  'mime/date.ts parseMailDate': [parseMailDate, (text) => parseMailDate(`1 jan${text}`)],
  'mime/encoded-words.ts decodeBytes': ['utf-8', 'utf-7', 'koi8-r', 'iso-2022-jp', undefined].map(
    (charset): Call =>
      (text) =>
        words.decodeBytes(bytesOf(text), charset),
  ),
  'mime/encoded-words.ts decodeHeaderText': [
    words.decodeHeaderText,
    (text) => words.decodeHeaderText(`=?utf-8?q?${text}`),
    (text) => words.decodeHeaderText(`=?utf-8?b?${text}?=`),
  ],
  'mime/encoded-words.ts decodeRawText': [words.decodeRawText],
  'mime/encoded-words.ts encodedWords': [words.encodedWords],
  'mime/flowed.ts flow': [flow],
  'mime/flowed.ts unflow': [(text) => unflow(text, true), (text) => unflow(text, false)],
  'mime/header-fields.ts firstField': [(text) => firstField(parseHeaderFields(bytesOf(text)), 'x')],
  'mime/header-fields.ts parseHeaderFields': [
    (text) => parseHeaderFields(bytesOf(text)),
    (text) => parseHeaderFields(bytesOf(`a: b\r\n ${text}`)),
  ],
  'mime/header-filter.ts filterFields': [
    (text) => filterFields(text, ['a'], true),
    (text) => filterFields(text, ['a'], false),
  ],
  'mime/header-filter.ts filterHeader': [(text) => filterHeader(bytesOf(text), ['a'], false)],
  'mime/header-line.ts headerLine': [(text) => headerLine('Subject', text)],
  'mime/header-line.ts oneLine': [oneLine],
  'mime/html-filter.ts filterHtml': [
    (text) => filterHtml(text),
    (text) => filterHtml(`<p style="${text}">x</p>`),
    (text) => filterHtml(`<a href="${text}">x</a>`),
  ],
  'mime/html-text.ts decodeEntities': [html.decodeEntities],
  'mime/html-text.ts escapeHtml': [html.escapeHtml],
  'mime/html-text.ts htmlToText': [html.htmlToText, (text) => html.htmlToText(`<style>${text}`)],
  'mime/html-text.ts withoutMarkup': [(text) => html.withoutMarkup(text, () => ' ')],
  'mime/line-ends.ts LoneLineEnds': [
    async (text) => {
      const seen = new lines.LoneLineEnds();
      for await (const chunk of chunksOf(text)) seen.write(chunk);
      seen.end();
    },
  ],
  'mime/line-ends.ts crlfLines': [(text) => drained(lines.crlfLines(chunksOf(text)))],
  'mime/line-ends.ts withCrlf': [lines.withCrlf],
  'mime/listed-header.ts listedHeader': [(text) => listedHeader(bytesOf(text))],
  'mime/message-object.ts mimeObject': withMessages((text) => mimeObject(scanned(text), readOf(text), new Map())),
  'mime/message-properties.ts displayName': [
    (text) => properties.displayName({ name: text, local: 'a', domain: 'b' }),
    (text) => properties.displayName({ name: undefined, local: text, domain: text }),
  ],
  'mime/message-properties.ts entryIdOf': [(text) => properties.entryIdOf({ name: text, local: text, domain: text })],
  'mime/message-properties.ts isClearSigned': [
    (text) => properties.isClearSigned(scanned(`Content-Type: ${text}\r\n\r\n`)),
  ],
  'mime/message-properties.ts messageProperties': withMessages((text) =>
    properties.messageProperties(scanned(text), 0),
  ),
  'mime/message-properties.ts searchKey': [properties.searchKey],
  'mime/message-properties.ts setTime': [(text) => properties.setTime(new Map(), PR.REPLY_TIME, text)],
  'mime/part-index.ts decodePartIndex': withMessages((text) => decodePartIndex(encodePartIndex(scanned(text)))),
  'mime/part-index.ts encodePartIndex': withMessages((text) => encodePartIndex(scanned(text))),
  'mime/part.ts asText': withMessages((text) => asText(scanned(text))),
  'mime/part.ts describePart': ['Content-Type', 'Content-Transfer-Encoding', 'Content-Disposition'].map(
    (name): Call =>
      (text) =>
        describePart(0, 0, bytesOf(`${name}: ${text}\r\n\r\n`), 'text/plain'),
  ),
  'mime/preview.ts previewOf': withMessages((text) => previewOf(bytesOf(text))),
  'mime/report.ts dispositionNotification': [(text) => dispositionNotification(receipt(text).properties, text)],
  'mime/report.ts reportProperties': withMessages((text) => reportProperties(scanned(text), readOf(text))),
  'mime/rtf.ts htmlToRtf': [htmlToRtf],
  'mime/rtf.ts readRtf': [
    readRtf,
    (text) => readRtf(`{\\rtf1\\fromhtml1${text}`),
    (text) => readRtf(`{\\rtf1{\\fonttbl${text}`),
    (text) => readRtf(`{\\rtf1 ${text}`),
  ],
  'mime/rtf.ts textToRtf': [textToRtf],
  'mime/scanner.ts MimeScanner': [
    async (text) => {
      const scanner = new MimeScanner();
      for await (const chunk of chunksOf(text)) scanner.write(chunk);
      scanner.end();
    },
    (text) => {
      const scanner = new MimeScanner();
      for (const piece of text.match(/.{1,16}/gs) ?? []) scanner.write(bytesOf(piece));
      scanner.end();
    },
  ],
  'mime/scanner.ts scanMessage': withMessages(scanned),
  'mime/structured-field.ts parameter': ['a=', 'a*=', "a*=x'y'", 'a*0='].map(
    (start): Call =>
      (text) =>
        parameter(parseStructuredField(`x; ${start}${text}`), 'a'),
  ),
  'mime/structured-field.ts parameterText': ['a=', 'a*=', "a*=x'y'", 'a*0='].map(
    (start): Call =>
      (text) =>
        parameterText(parseStructuredField(`x; ${start}${text}`), 'a'),
  ),
  'mime/structured-field.ts parseStructuredField': [
    parseStructuredField,
    (text) => parseStructuredField(`x; ${'a*0=b;'.repeat(text.length / 6)}`),
    (text) =>
      parseStructuredField(
        `x; ${Array.from({ length: text.length / 10 }, (_, i) => `a*${i}*=%${i};b${i}*0=c;`).join('')}`,
      ),
    (text) => parseStructuredField(`text/plain ${text}`),
    (text) => parseStructuredField(`text/plain; a="${text}`),
    (text) => parseStructuredField(`${text}=a`),
  ],
  'mime/tnef-part.ts findTnef': withMessages((text) => findTnef(scanned(text))),
  'mime/tnef-part.ts tnefOf': withMessages((text) => tnefOf(scanned(text), readOf(text))),
  'mime/tnef.ts readTnef': [0, 1, 2].map(
    (i): Call =>
      (text) =>
        readTnef(tnefStreams(text)[i] ?? Buffer.alloc(0)),
  ),
  'mime/tnef.ts writeTnef': [(text) => writeTnef(mapiMessage(text))],
  'mime/transfer-decoder.ts TransferDecoder': ['base64', 'quoted-printable'].flatMap((encoding): Call[] => [
    async (text) => {
      const decoder = new TransferDecoder(encoding);
      for await (const chunk of chunksOf(text)) decoder.write(chunk);
      decoder.end();
    },
  ]),
  'mime/utf7.ts decodeUtf7': [(text) => decodeUtf7(bytesOf(text))],
  'protocol/imap/address-text.ts hidesAddresses': [hidesAddresses],
  'protocol/imap/address-text.ts plainAddresses': [plainAddresses],
  'protocol/imap/append-items.ts parseAppendItem': grammar(parseAppendItem, '(', 'CATENATE (TEXT ', 'CATENATE (URL '),
  'protocol/imap/append-items.ts parseAppendItems': grammar(parseAppendItems, '(', '"'),
  'protocol/imap/arguments.ts Arguments': [
    'atom',
    'astring',
    'nstring',
    'string',
    'listMailbox',
    'sequenceSet',
    'number',
  ].flatMap((method) =>
    grammar((args) => {
      const read = (args as unknown as Record<string, (() => unknown) | undefined>)[method];
      return read?.call(args);
    }, '"'),
  ),
  'protocol/imap/base-subject.ts baseSubject': [
    baseSubject,
    (text) => baseSubject(`re${text}`),
    (text) => baseSubject(`[fwd:${text}`),
    (text) => baseSubject(`a${text}(fwd)`),
  ],
  'protocol/imap/body-of-structure.ts bodyOfStructure': withMessages((text) =>
    bodyOfStructure(encodeBodyStructure(scanned(text), true)),
  ),
  'protocol/imap/body-structure.ts encodeBodyStructure': withMessages((text) =>
    encodeBodyStructure(scanned(text), true),
  ),
  'protocol/imap/casemap.ts casemap': [casemap],
  'protocol/imap/date-time.ts parseDateTime': [parseDateTime],
  'protocol/imap/date-time.ts parseDay': [parseDay],
  'protocol/imap/envelope-reader.ts readEnvelope': withMessages((text) =>
    readEnvelope(Buffer.from(encodeEnvelope(scanned(text).fields), 'latin1')),
  ),
  'protocol/imap/envelope.ts encodeEnvelope': withMessages((text) => encodeEnvelope(scanned(text).fields)),
  'protocol/imap/fetch-items.ts parseFetchItems': grammar(
    fetchItems.parseFetchItems,
    '(',
    'BODY[',
    'BODY[HEADER.FIELDS (',
    '(UID ',
  ),
  'protocol/imap/fetch-items.ts parseFetchModifiers': grammar(fetchItems.parseFetchModifiers, ' (', ' (CHANGEDSINCE '),
  'protocol/imap/fetch-items.ts parseSection': grammar(fetchItems.parseSection, '[', '[1.', '[HEADER.FIELDS ('),
  'protocol/imap/flag-names.ts encodeFlags': [(text) => encodeFlags(0, text.match(/.{1,16}/gs) ?? [])],
  'protocol/imap/flag-names.ts parseFlagList': grammar(parseFlagList, '(', '(\\Seen '),
  'protocol/imap/id-fields.ts parseIdFields': grammar(parseIdFields, '(', '("a" "'),
  'protocol/imap/imap-url.ts parseMessageUrl': [
    parseMessageUrl,
    (text) => parseMessageUrl(`imap://${text}`),
    (text) => parseMessageUrl(`imap://a@b/${text};UID=1`),
    (text) => parseMessageUrl(`/a;UID=1/;SECTION=${text}`),
  ],
  'protocol/imap/mailbox-name.ts decodeMailboxName': [decodeMailboxName, (text) => decodeMailboxName(text, true)],
  'protocol/imap/mailbox-name.ts encodeMailboxName': [encodeMailboxName],
  'protocol/imap/mailbox-name.ts listPattern': [
    (text) => listPattern('a*b%c')(text),
    (text) => listPattern(text)('a/b'),
  ],
  'protocol/imap/notify-events.ts parseNotify': grammar(parseNotify, 'SET (', 'SET STATUS (', 'SET (mailboxes '),
  'protocol/imap/partial-range.ts parsePartialRange': grammar(parsePartialRange, '1:'),
  'protocol/imap/search-fields.ts searchText': ['from', 'subject'].map(
    (name): Call =>
      (text) =>
        searchText([{ name, value: text }], name),
  ),
  'protocol/imap/search-fields.ts sentDay': [(text) => sentDay([{ name: 'date', value: text }])],
  'protocol/imap/search-keys.ts parseCriteria': grammar(searchKeys.parseCriteria, 'NOT ', '(', 'TEXT "', 'OR '),
  'protocol/imap/search-keys.ts parseResults': grammar(searchKeys.parseResults, '('),
  'protocol/imap/search-keys.ts parseSearch': grammar(searchKeys.parseSearch, 'RETURN (', 'HEADER '),
  'protocol/imap/sequence-set.ts parseSequenceSet': [sets.parseSequenceSet],
  'protocol/imap/sequence-set.ts selectNumbers': [
    (text) => sets.selectNumbers(sets.parseSequenceSet(text), [1, 2, 3]),
    (text) =>
      sets.selectNumbers(
        [{ from: 1, to: 2 }],
        Array.from(text, (_, i) => i + 1),
      ),
  ],
  'protocol/imap/sequence-set.ts selectUids': [
    (text) => sets.selectUids(sets.parseSequenceSet(text), [1, 2, 3]),
    (text) =>
      sets.selectUids(
        [{ from: 1, to: 2 }],
        Array.from(text, (_, i) => i + 1),
      ),
  ],
  'protocol/imap/strings.ts bytesWithoutNul': [(text) => strings.bytesWithoutNul(bytesOf(text))],
  'protocol/imap/strings.ts encodeNString': [strings.encodeNString],
  'protocol/imap/strings.ts encodeQuotedUtf8': [strings.encodeQuotedUtf8],
  'protocol/imap/strings.ts encodeSequenceSet': [
    (text) => strings.encodeSequenceSet(Array.from(text, (_, i) => i * 2)),
  ],
  'protocol/imap/strings.ts encodeString': [strings.encodeString],
  'protocol/imap/strings.ts utf8Bytes': [strings.utf8Bytes],
  'protocol/imap/strings.ts utf8Text': [strings.utf8Text],
  'protocol/imap/strings.ts withoutNul': [strings.withoutNul],
  'protocol/imap/threads.ts byReferences': [(text) => byReferences(threadable(text))],
  'protocol/imap/threads.ts encodeThreads': [(text) => encodeThreads(byReferences(threadable(text)))],
  'protocol/imap/threads.ts orderedSubject': [(text) => orderedSubject(threadable(text))],
  'protocol/message-stream.ts readMessageStream': [(text) => readMessageStream(bytesOf(text))],
  'protocol/message-stream.ts writeMessageStream': [
    (text) => {
      const { properties: own, children } = mapiMessage(text);
      return drained(
        writeMessageStream({
          properties: [...own].map(([tag, value]) => ({ tag, value })),
          children,
          nameOf: () => undefined,
          open: () => chunksOf(text),
        } as unknown as Parameters<typeof writeMessageStream>[0]),
      );
    },
  ],
  'protocol/pop3/multiline.ts Multiline': [
    async (text) => {
      const multiline = new Multiline();
      for await (const chunk of chunksOf(text)) multiline.encode(chunk);
      multiline.end();
    },
  ],
  'protocol/pop3/multiline.ts topOf': [(text) => drained(topOf(chunksOf('a'), chunksOf(text), 1_000_000))],
  'protocol/sasl.ts readOAuthBearer': [
    sasl.readOAuthBearer,
    (text) => sasl.readOAuthBearer(`n,,\x01auth=Bearer ${text}`),
  ],
  'protocol/sasl.ts readPlain': [sasl.readPlain],
  'protocol/sasl.ts readXOAuth2': [sasl.readXOAuth2, (text) => sasl.readXOAuth2(`user=${text}\x01auth=Bearer ${text}`)],
  'protocol/scram.ts checkClientFinal': ['', 'c=', 'c=biws,r=', 'c=biws,r=x,'].map(
    (beginning): Call =>
      (text) =>
        scram.checkClientFinal(
          SCRAM_KEYS,
          { header: 'n,,', bare: text, user: text, nonce: 'x' } as unknown as scram.ClientFirst,
          'a',
          'x',
          `${beginning}${text},p=AAAA`,
        ),
  ),
  'protocol/scram.ts decodeScramKeys': [scram.decodeScramKeys],
  'protocol/scram.ts pretendedKeys': [(text) => scram.pretendedKeys(Buffer.alloc(32), text)],
  'protocol/scram.ts readClientFirst': [scram.readClientFirst, (text) => scram.readClientFirst(`n,,n=${text},r=x`)],
  'protocol/scram.ts serverFirst': [(text) => scram.serverFirst(SCRAM_KEYS, text)],
  'protocol/smtp/command.ts parseSmtpCommand': [
    '',
    'MAIL FROM:<',
    'MAIL FROM:<"',
    'MAIL FROM:<a@b> ',
    'RCPT TO:<@',
    'AUTH ',
    'BDAT ',
  ].map(
    (beginning): Call =>
      (text) =>
        parseSmtpCommand(beginning + text, 'submission'),
  ),
  'protocol/smtp/data-decoder.ts DataDecoder': [
    async (text) => {
      const decoder = new DataDecoder();
      for await (const chunk of chunksOf(text)) decoder.decode(chunk);
    },
    (text) => {
      const decoder = new DataDecoder();
      for (const piece of text.match(/.{1,16}/gs) ?? []) decoder.decode(bytesOf(piece));
    },
  ],
  'protocol/smtp/path.ts isSendable': [isSendable, (text) => isSendable(`a@${text}`)],
  'protocol/smtp/path.ts pathAddress': [pathAddress, (text) => pathAddress(`${text}@a`)],
  'protocol/soap/envelope-reader.ts EnvelopeReader': [
    (text) => {
      const reader = new EnvelopeReader();
      for (const chunk of logon(text)[0]
        ?.toString('latin1')
        .match(/.{1,4096}/gs) ?? [])
        reader.write(bytesOf(chunk));
      reader.end();
    },
  ],
  'protocol/soap/decode.ts decodeRequest': [0, 1, 2].map(
    (i): Call =>
      (text) =>
        decodeRequest(logon(text)[i] ?? Buffer.alloc(0)),
  ),
  'protocol/soap/decode.ts decodeResponse': [
    (text) =>
      decodeResponse(
        'logon',
        envelope(`<ns:logonResponse><lpszVersion>${escaped(text)}</lpszVersion></ns:logonResponse>`),
      ),
  ],
  'protocol/soap/decode.ts requestOf': [
    (text) => {
      const reader = new EnvelopeReader();
      reader.write(logon(text)[0] ?? Buffer.alloc(0));
      return requestOf(reader);
    },
  ],
  'protocol/soap/encode.ts encodeFault': [(text) => encodeFault('Client', text)],
  'protocol/soap/encode.ts encodeRequest': [(text) => encodeRequest('logon', { szUsername: text })],
  'protocol/soap/encode.ts encodeResponse': [(text) => encodeResponse('logon', { lpszVersion: text, er: 0 } as never)],
};

const FIXED = 'takes numbers or values of a fixed size, no text of a stranger';
const LOOKUP = 'looks at a few fixed things, never through a text';

/** Exported functions that see no text, and why. */
export const WITHOUT_TEXT: Record<string, string> = {
  'mapi/entry-id.ts encodeAddressBookId': FIXED,
  'mapi/entry-id.ts encodeEntryId': FIXED,
  'mapi/error.ts PamojaError': 'keeps what it is given',
  'mapi/filetime.ts fromFileTime': FIXED,
  'mapi/filetime.ts toFileTime': FIXED,
  'mapi/property-bag.ts asString8': FIXED,
  'mapi/property-bag.ts asUnicode': FIXED,
  'mapi/property-bag.ts tagIn': LOOKUP,
  'mapi/property-bag.ts valueAs': LOOKUP,
  'mapi/property-document.ts blobTag': FIXED,
  'mapi/property.ts isBlobValue': LOOKUP,
  'mapi/property-document.ts packValue': 'is called for one value by JSON.stringify',
  'mapi/property-document.ts unpackValue': 'is called for one value by JSON.parse',
  'mapi/property-tags.ts isMultiValue': FIXED,
  'mapi/property-tags.ts propertyId': FIXED,
  'mapi/property-tags.ts propertyType': FIXED,
  'mapi/property-tags.ts withType': FIXED,
  'mime/address-list.ts isGroup': LOOKUP,
  'mime/address-list.ts mailboxesOf': 'goes once through a list that parseAddressList has made',
  'mime/code-pages.ts charsetOf': FIXED,
  'mime/compose-header.ts authorOf': LOOKUP,
  'mime/date.ts mailDate': FIXED,
  'mime/listed-header.ts isListed': LOOKUP,
  'mime/message-properties.ts addressOf': LOOKUP,
  'mime/message-properties.ts suppressedWords': FIXED,
  'mime/report.ts isReceipt': 'is part of composeMessage',
  'mime/run.ts atOnce': 'does what it is given',
  'mime/section.ts findPart': 'walks a path of numbers',
  'mime/section.ts sectionRange': 'walks a path of numbers',
  'mime/tnef-part.ts isTnef': 'is part of findTnef',
  'mime/tnef.ts TnefError': 'keeps what it is given',
  'mime/transfer-decoder.ts isKnownEncoding': LOOKUP,
  'mime/utf7.ts isUtf7': LOOKUP,
  'protocol/imap/date-time.ts dayOf': FIXED,
  'protocol/imap/date-time.ts encodeDateTime': FIXED,
  'protocol/imap/partial-range.ts pageOf': 'cuts a list',
  'protocol/imap/sequence-set.ts lowerBound': 'halves a list',
  'protocol/imap/sequence-set.ts lowerBoundBy': 'halves a list',
  'protocol/imap/syntax-error.ts ImapSyntaxError': 'keeps what it is given',
  'protocol/scram.ts encodeScramKeys': FIXED,
  'protocol/scram.ts makeScramKeys':
    'stretches a password, which is meant to take long; its length is bounded by whoever sets it',
  'protocol/soap/frame.ts fillScalars': 'is part of decodeRequest',
  'protocol/soap/frame.ts finish': 'is part of decodeRequest',
  'protocol/soap/frame.ts frame': 'is part of decodeRequest',
  'protocol/soap/frame.ts localName': 'is part of decodeRequest',
  'protocol/soap/frame.ts propertyElementType': 'is part of decodeRequest',
  'protocol/soap/frame.ts skip': 'is part of decodeRequest',
  'protocol/soap/prop-val.ts propertyOf': 'is part of decodeRequest',
  'protocol/soap/prop-val.ts wireValueOf': 'is part of encodeRequest',
  'protocol/soap/restriction.ts restrictionOf': 'is readRestriction',
  'protocol/soap/restriction.ts restrictTableOf': 'is restrictionDocument',
  'protocol/soap/rule-action.ts actionsOf': 'calls ruleActionDocument for each action',
  'protocol/soap/rule-action.ts ruleActionsOf': 'calls readRuleAction for each action',
  'protocol/soap/scalar.ts base64': 'is part of decodeRequest',
  'protocol/soap/scalar.ts scalar': 'is part of decodeRequest',
  'protocol/soap/scalar.ts zero': FIXED,
  'protocol/soap/soap-fault.ts SoapFault': 'keeps what it is given',
  'protocol/soap/sort-order.ts sortOrdersOf': 'goes once through a list of numbers',
  'protocol/soap/value-elements.ts valueElement': FIXED,
};
