import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import { parseAddressList } from '../../../shared/mime/address-list.ts';
import { AddressTokens } from '../../../shared/mime/address-tokens.ts';
import { readAuthors } from '../../../shared/mime/author-fields.ts';
import { decodeTransferEncoding, textOf } from '../../../shared/mime/body-text.ts';
import { composeMessage } from '../../../shared/mime/compose.ts';
import { headerOf } from '../../../shared/mime/compose-header.ts';
import { decompressRtf, packRtf } from '../../../shared/mime/compressed-rtf.ts';
import { parseMailDate } from '../../../shared/mime/date.ts';
import * as words from '../../../shared/mime/encoded-words.ts';
import { flow, unflow } from '../../../shared/mime/flowed.ts';
import { firstField, parseHeaderFields } from '../../../shared/mime/header-fields.ts';
import { filterFields, filterHeader } from '../../../shared/mime/header-filter.ts';
import { headerLine, oneLine } from '../../../shared/mime/header-line.ts';
import { filterHtml } from '../../../shared/mime/html-filter.ts';
import * as html from '../../../shared/mime/html-text.ts';
import * as lines from '../../../shared/mime/line-ends.ts';
import { listedHeader } from '../../../shared/mime/listed-header.ts';
import { mimeObject } from '../../../shared/mime/message-object.ts';
import * as properties from '../../../shared/mime/message-properties.ts';
import { asText, describePart } from '../../../shared/mime/part.ts';
import { decodePartIndex, encodePartIndex } from '../../../shared/mime/part-index.ts';
import { previewOf } from '../../../shared/mime/preview.ts';
import { dispositionNotification, reportProperties } from '../../../shared/mime/report.ts';
import { htmlToRtf, readRtf, textToRtf } from '../../../shared/mime/rtf.ts';
import { MimeScanner } from '../../../shared/mime/scanner.ts';
import { parameter, parameterText, parseStructuredField } from '../../../shared/mime/structured-field.ts';
import { findTnef, tnefOf } from '../../../shared/mime/tnef-part.ts';
import { readTnef } from '../../../shared/mime/tnef-reader.ts';
import { writeTnef } from '../../../shared/mime/tnef-writer.ts';
import { TransferDecoder } from '../../../shared/mime/transfer-decoder.ts';
import { decodeUtf7 } from '../../../shared/mime/utf7.ts';
import { type Call, type Calls, FIXED, LOOKUP, type Reasons } from './call.ts';
import { bytesOf, chunksOf, drained, mapiMessage, readOf, receipt, scanned, withMessages } from './samples.ts';

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

export const MIME_CALLS: Calls = {
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
  'mime/message-properties.ts smtpSearchKey': [properties.smtpSearchKey],
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
  'mime/tnef-reader.ts readTnef': [0, 1, 2].map(
    (i): Call =>
      (text) =>
        readTnef(tnefStreams(text)[i] ?? Buffer.alloc(0)),
  ),
  'mime/tnef-writer.ts writeTnef': [(text) => writeTnef(mapiMessage(text))],
  'mime/transfer-decoder.ts TransferDecoder': ['base64', 'quoted-printable'].flatMap((encoding): Call[] => [
    async (text) => {
      const decoder = new TransferDecoder(encoding);
      for await (const chunk of chunksOf(text)) decoder.write(chunk);
      decoder.end();
    },
  ]),
  'mime/utf7.ts decodeUtf7': [(text) => decodeUtf7(bytesOf(text))],
};

export const MIME_WITHOUT_TEXT: Reasons = {
  'mime/address-list.ts isGroup': LOOKUP,
  'mime/address-list.ts mailboxesOf': 'goes once through a list that parseAddressList has made',
  'mime/code-pages.ts charsetOf': FIXED,
  'mime/compose-header.ts authorOf': LOOKUP,
  'mime/date.ts mailDate': FIXED,
  'mime/listed-header.ts isListed': LOOKUP,
  'mime/message-properties.ts addressOf': LOOKUP,
  'mime/message-properties.ts suppressedWords': FIXED,
  'mime/message-source.ts bytesSource': 'gives the bytes that it is given',
  'mime/report.ts isReceipt': 'is part of composeMessage',
  'mime/work-runner.ts runUnlimited': 'does what it is given',
  'mime/section.ts findPart': 'walks a path of numbers',
  'mime/section.ts sectionRange': 'walks a path of numbers',
  'mime/tnef-part.ts isTnef': 'is part of findTnef',
  'mime/tnef-property-reader.ts TnefPropertyReader': 'is part of readTnef',
  'mime/tnef.ts TnefError': 'keeps what it is given',
  'mime/transfer-decoder.ts isKnownEncoding': LOOKUP,
  'mime/utf7.ts isUtf7': LOOKUP,
};
