import { ATTACH_METHOD } from '../mapi/message-flags.ts';
import type { PropertyBag } from '../mapi/property.ts';
import { type MapiObject, OBJECT } from '../mapi/property-document.ts';
import { PR } from '../mapi/property-tags.ts';
import { charsetOf } from './code-pages.ts';
import { authorOf, headerOf } from './compose-header.ts';
import { decompressRtf } from './compressed-rtf.ts';
import { flow } from './flowed.ts';
import { parseHeaderFields } from './header-fields.ts';
import { headerLine, oneLine } from './header-line.ts';
import { htmlToText } from './html-text.ts';
import { dispositionNotification, isReceipt } from './report.ts';
import { readRtf } from './rtf.ts';
import type { NameOf } from './tnef.ts';
import { writeTnef } from './tnef-writer.ts';

/** Opens the bytes of an attachment (PR_ATTACH_DATA_BIN). */
export type OpenAttachment = (attachment: MapiObject) => AsyncIterable<Buffer>;

const LINE = 76;
/** RFC 5322 §2.1.1: the maximum length of a line, without its end. */
const MAX_LINE = 998;

export interface ComposeOptions {
  /** Adds all properties as TNEF (always_send_tnef), for recipients with MAPI clients; `nameOf` gives the names of named properties. */
  tnef?: { nameOf: NameOf } | undefined;
}

/** Writes a message as RFC 5322 and MIME (MS-OXCMAIL §2.1), from its properties, recipients and attachments. */
export async function* composeMessage(
  message: MapiObject,
  open: OpenAttachment,
  { tnef }: ComposeOptions = {},
): AsyncIterable<Buffer> {
  yield text(headerOf(message));
  yield text('MIME-Version: 1.0\r\n');
  const secured = securedContent(message);
  if (secured) yield* whole(secured, open);
  else if (isReceipt(message.properties)) yield receipt(message, boundaryMaker());
  else if (tnef) yield* withTnef(message, open, boundaryMaker(), tnef.nameOf);
  else yield* content(message, open, boundaryMaker());
}

/** The only attachment of a signed or encrypted message (MS-OXCMAIL §2.1.3.5), which is the body of the message unchanged. */
function securedContent({ properties, children }: MapiObject): MapiObject | undefined {
  if (!/^IPM\.Note\.SMIME(?:$|\.)/i.test(String(properties.get(PR.MESSAGE_CLASS) ?? ''))) return undefined;
  const [only, ...others] = children.filter(({ type }) => type === OBJECT.ATTACHMENT);
  if (!only || others.length > 0) return undefined;
  return SECURED.test(String(only.properties.get(PR.ATTACH_MIME_TAG) ?? '')) ? only : undefined;
}

const SECURED = /^(?:multipart\/signed|application\/(?:x-)?pkcs7-mime)$/i;

/** A signed body has its own Content-Type; an encrypted one is bytes. */
async function* whole(attachment: MapiObject, open: OpenAttachment): AsyncIterable<Buffer> {
  if (/^multipart/i.test(String(attachment.properties.get(PR.ATTACH_MIME_TAG)))) return yield* signed(open(attachment));
  yield text(
    'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"\r\nContent-Disposition: attachment; filename="smime.p7m"\r\nContent-Transfer-Encoding: base64\r\n\r\n',
  );
  yield* base64Lines(open(attachment));
}

/** Longer text is not a header. */
const MAX_PART_HEADER = 64 * 1024;

/** The signed body after its own header; of that header only the fields that describe the body are kept. */
async function* signed(bytes: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of bytes) {
    if (!head) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0 && head.length < MAX_PART_HEADER) continue;
    yield* contentHeader(head, end);
    head = undefined;
  }
  if (head) yield* contentHeader(head, head.indexOf('\r\n\r\n'));
}

function* contentHeader(bytes: Buffer, end: number): Iterable<Buffer> {
  const fields = end < 0 ? [] : parseHeaderFields(bytes.subarray(0, end));
  const own = fields.filter(({ name }) => name.startsWith('content-'));
  yield Buffer.from(own.map(({ name, value }) => headerLine(fieldName(name), value)).join(''), 'latin1');
  yield text('\r\n');
  yield end < 0 ? bytes : bytes.subarray(end + 4);
}

/** `content-type` as `Content-Type`. */
const fieldName = (name: string): string => name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());

/** A read receipt (RFC 8098): a text part for people, and a notification part for programs. */
function receipt({ properties }: MapiObject, boundary: MakeBoundary): Buffer {
  const mark = boundary();
  const { plain, html } = bodies(properties);
  return Buffer.concat([
    text(
      `Content-Type: multipart/report; report-type=disposition-notification;\r\n boundary="${mark}"\r\n\r\n--${mark}\r\n`,
    ),
    plainPart(plain ?? htmlToText(html?.bytes.toString('utf8') ?? '')),
    text(`\r\n--${mark}\r\nContent-Type: message/disposition-notification\r\n\r\n`),
    text(dispositionNotification(properties, oneLine(authorOf(properties)))),
    text(`\r\n--${mark}--\r\n`),
  ]);
}

/** MS-OXTNEF §2: the text for every client, and the whole message for clients that read TNEF. */
async function* withTnef(
  message: MapiObject,
  open: OpenAttachment,
  boundary: MakeBoundary,
  nameOf: NameOf,
): AsyncIterable<Buffer> {
  const mark = boundary();
  yield text(`Content-Type: multipart/mixed; boundary="${mark}"\r\n\r\n--${mark}\r\n`);
  const { plain, html } = bodies(message.properties);
  yield plainPart(plain ?? htmlToText(html?.bytes.toString('utf8') ?? ''));
  yield text(
    `\r\n--${mark}\r\nContent-Type: application/ms-tnef; name="winmail.dat"\r\nContent-Disposition: attachment; filename="winmail.dat"\r\nContent-Transfer-Encoding: base64\r\n\r\n`,
  );
  const stream = writeTnef(await withData(message, open), nameOf);
  yield* base64Lines(
    (async function* () {
      yield stream;
    })(),
  );
  yield text(`\r\n--${mark}--\r\n`);
}

/** A message whose attachments have their data as a property. */
async function withData(object: MapiObject, open: OpenAttachment): Promise<MapiObject> {
  const children: MapiObject[] = [];
  for (const child of object.children) children.push(await withData(child, open));
  if (object.type !== OBJECT.ATTACHMENT || children.length > 0) return { ...object, children };
  const chunks: Buffer[] = [];
  for await (const chunk of open(object)) chunks.push(chunk);
  return {
    ...object,
    children,
    properties: new Map([...object.properties, [PR.ATTACH_DATA_BIN, Buffer.concat(chunks)]]),
  };
}

type MakeBoundary = () => string;

/** Boundaries are numbered: all content is encoded, so that no line of it is a boundary. */
function boundaryMaker(): MakeBoundary {
  let count = 0;
  return () => `=_kopano_${++count}_=`;
}

const text = (value: string): Buffer => Buffer.from(value, 'utf8');

async function* content(message: MapiObject, open: OpenAttachment, boundary: MakeBoundary): AsyncIterable<Buffer> {
  const attachments = message.children.filter(({ type }) => type === OBJECT.ATTACHMENT);
  const { plain, html } = bodies(message.properties);
  const shown = html?.bytes.toString('latin1') ?? '';
  // RFC 2392: attachments that the HTML refers to are in a multipart/related with it.
  const inline = attachments.filter((attachment) => {
    const id = contentIdOf(attachment);
    return id !== '' && shown.includes(`cid:${id}`);
  });
  const others = attachments.filter((attachment) => !inline.includes(attachment));
  if (others.length === 0) return yield* body(plain, html, inline, open, boundary);
  const mark = boundary();
  yield text(`Content-Type: multipart/mixed; boundary="${mark}"\r\n\r\n--${mark}\r\n`);
  yield* body(plain, html, inline, open, boundary);
  for (const attachment of others) {
    yield text(`\r\n--${mark}\r\n`);
    yield* attached(attachment, open, boundary);
  }
  yield text(`\r\n--${mark}--\r\n`);
}

interface Html {
  bytes: Buffer;
  charset: string;
}

/** The bodies of a message; a message with only RTF is sent as the HTML or text that the RTF encapsulates. */
function bodies(properties: PropertyBag): { plain: string | undefined; html: Html | undefined } {
  const body = properties.get(PR.BODY);
  const plain = body === undefined ? undefined : String(body);
  const html = properties.get(PR.HTML);
  if (Buffer.isBuffer(html))
    return {
      plain,
      html: { bytes: html, charset: charsetOf(Number(properties.get(PR.INTERNET_CPID) ?? 65001)) ?? 'utf-8' },
    };
  const compressed = properties.get(PR.RTF_COMPRESSED);
  const rtf = Buffer.isBuffer(compressed) ? decompressRtf(compressed) : undefined;
  const rich = rtf === undefined ? undefined : readRtf(rtf);
  if (rich?.kind === 'html') return { plain, html: { bytes: text(rich.text), charset: 'utf-8' } };
  return { plain: plain ?? rich?.text, html: undefined };
}

async function* body(
  plain: string | undefined,
  html: Html | undefined,
  inline: readonly MapiObject[],
  open: OpenAttachment,
  boundary: MakeBoundary,
): AsyncIterable<Buffer> {
  if (!html) return yield plainPart(plain ?? '');
  if (plain === undefined) return yield* related(html, inline, open, boundary);
  const mark = boundary();
  yield text(`Content-Type: multipart/alternative; boundary="${mark}"\r\n\r\n--${mark}\r\n`);
  yield plainPart(plain);
  yield text(`\r\n--${mark}\r\n`);
  yield* related(html, inline, open, boundary);
  yield text(`\r\n--${mark}--\r\n`);
}

/** RFC 2387 */
async function* related(
  html: Html,
  inline: readonly MapiObject[],
  open: OpenAttachment,
  boundary: MakeBoundary,
): AsyncIterable<Buffer> {
  const part = textPart('html', html.bytes, `charset=${html.charset}`);
  if (inline.length === 0) return yield part;
  const mark = boundary();
  yield text(`Content-Type: multipart/related; type="text/html"; boundary="${mark}"\r\n\r\n--${mark}\r\n`);
  yield part;
  for (const attachment of inline) {
    yield text(`\r\n--${mark}\r\n`);
    yield* attached(attachment, open, boundary);
  }
  yield text(`\r\n--${mark}--\r\n`);
}

/** Text with paragraphs longer than a line is sent as format=flowed (RFC 3676). */
function plainPart(plain: string): Buffer {
  const long = plain.split(/\r\n|\r|\n/).some((line) => line.length > 78 && line.includes(' '));
  return long
    ? textPart('plain', text(flow(plain)), 'charset=utf-8; format=flowed')
    : textPart('plain', text(plain), 'charset=utf-8');
}

function textPart(subtype: string, bytes: Buffer, parameters: string): Buffer {
  const lines = bytes.toString('latin1').replace(/\r\n|\r|\n/g, '\r\n');
  const plain = !/[^\t\r\n\x20-\x7e]/.test(lines) && lines.split('\r\n').every((line) => line.length <= MAX_LINE);
  const head = `Content-Type: text/${subtype}; ${parameters}\r\nContent-Transfer-Encoding: ${plain ? '7bit' : 'quoted-printable'}\r\n\r\n`;
  return Buffer.from(head + (plain ? lines : quotedPrintable(lines)), 'latin1');
}

/** Encodes as quoted-printable (RFC 2045 §6.7); lines end with CRLF. */
function quotedPrintable(latin1: string): string {
  return latin1
    .split('\r\n')
    .map((line) => {
      const encoded = line.replace(/[^\t\x20-\x3c\x3e-\x7e]/g, quote).replace(/[\t ]$/, quote);
      return softBreaks(encoded);
    })
    .join('\r\n');
}

const quote = (char: string): string => `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

function softBreaks(line: string): string {
  const pieces: string[] = [];
  let rest = line;
  while (rest.length > LINE) {
    let end = LINE - 1;
    // An encoded character is never split.
    const encoded = rest.lastIndexOf('=', end - 1);
    if (encoded > end - 3) end = encoded;
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...pieces, rest].join('=\r\n');
}

async function* attached(attachment: MapiObject, open: OpenAttachment, boundary: MakeBoundary): AsyncIterable<Buffer> {
  const { properties } = attachment;
  const embedded = attachment.children.find(({ type }) => type === OBJECT.MESSAGE);
  if (embedded && properties.get(PR.ATTACH_METHOD) === ATTACH_METHOD.EMBEDDED_MSG) {
    yield text('Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n');
    yield text(headerOf(embedded));
    yield text('MIME-Version: 1.0\r\n');
    return yield* content(embedded, open, boundary);
  }
  const name = [PR.ATTACH_LONG_FILENAME, PR.ATTACH_FILENAME, PR.DISPLAY_NAME]
    .map((tag) => properties.get(tag))
    .find((value) => typeof value === 'string' && value !== '');
  const type = mimeType(String(properties.get(PR.ATTACH_MIME_TAG) ?? ''));
  const id = contentIdOf(attachment);
  const fileName = name === undefined ? '' : parameterText('filename', String(name));
  yield text(
    `Content-Type: ${type}${name === undefined ? '' : parameterText('name', String(name))}\r\n` +
      `Content-Disposition: ${id ? 'inline' : 'attachment'}${fileName}\r\n` +
      `${id ? `Content-ID: <${id}>\r\n` : ''}Content-Transfer-Encoding: base64\r\n\r\n`,
  );
  yield* base64Lines(open(attachment));
}

const contentIdOf = ({ properties }: MapiObject): string =>
  oneLine(String(properties.get(PR.ATTACH_CONTENT_ID) ?? '')).replace(/[<>\s]/g, '');

/** A malformed type becomes application/octet-stream, and so does message/rfc822 for an attachment that is not embedded. */
function mimeType(value: string): string {
  const type = value.trim().toLowerCase();
  return /^[!-.0-9:-~]+\/[!-.0-9:-~]+$/.test(type) && !/^(?:multipart|message)\//.test(type) && !type.includes(';')
    ? type
    : 'application/octet-stream';
}

/** A parameter: plain if possible, else in the form of RFC 2231. */
function parameterText(name: string, value: string): string {
  const clean = oneLine(value);
  if (/^[\x20-\x7e]*$/.test(clean) && clean.length < 60) return `;\r\n ${name}="${clean.replace(/["\\]/g, '\\$&')}"`;
  const encoded = encodeURIComponent(clean.toWellFormed()).replace(/['()*]/g, quotePercent);
  if (encoded.length < 60) return `;\r\n ${name}*=utf-8''${encoded}`;
  const pieces = encoded.match(/(?:%..|[^%]){1,18}/g) ?? [];
  return pieces.map((piece, i) => `;\r\n ${name}*${i}*=${i === 0 ? "utf-8''" : ''}${piece}`).join('');
}

const quotePercent = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;

/** Bytes of a base64 line. */
const BASE64_BYTES = 57;

async function* base64Lines(bytes: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes) {
    const all = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const whole = all.length - (all.length % BASE64_BYTES);
    if (whole > 0) yield encodeLines(all.subarray(0, whole));
    rest = all.subarray(whole);
  }
  if (rest.length > 0) yield encodeLines(rest);
}

const encodeLines = (bytes: Buffer): Buffer =>
  Buffer.from(bytes.toString('base64').replace(/.{1,76}/g, '$&\r\n'), 'latin1');
