import { DT } from '../mapi/display-types.ts';
import { ATTACH_METHOD, RECIPIENT_TYPE } from '../mapi/message-flags.ts';
import type { PropertyBag } from '../mapi/property.ts';
import { type MapiObject, OBJECT } from '../mapi/property-document.ts';
import { PR, type PropertyTag } from '../mapi/property-tags.ts';
import { type Address, mailboxesOf, parseAddressList } from './address-list.ts';
import { decodeTransferEncoding } from './body-text.ts';
import type { ReadRange } from './byte-range.ts';
import { decompressRtf } from './compressed-rtf.ts';
import { decodeBytes } from './encoded-words.ts';
import { unflow } from './flowed.ts';
import { firstField, type HeaderField, parseHeaderFields } from './header-fields.ts';
import {
  addressOf,
  displayName,
  entryIdOf,
  isClearSigned,
  messageProperties,
  smtpSearchKey,
} from './message-properties.ts';
import { asText, describePart, type Part } from './part.ts';
import { reportProperties } from './report.ts';
import { readRtf } from './rtf.ts';
import { parameter, parameterText, parseStructuredField } from './structured-field.ts';
import type { NamedValue } from './tnef.ts';
import { isTnef, tnefOf } from './tnef-part.ts';

/** The MAPI object of a MIME message; the bytes of attachments stay in the message. */
export interface MimeObject {
  object: MapiObject;
  /** The MIME part of each attachment, by the attachment's id. */
  parts: Map<number, Part>;
  /** Named properties of a TNEF part. */
  named: readonly NamedValue[];
}

/** The maximum size of a body in bytes; a larger body is cut off. */
const MAX_BODY = 8 * 1024 * 1024;
const MAX_NESTING = 20;

/** The maximum size of a signed message that is kept as one attachment, in bytes; a larger one is shown by its parts. */
const MAX_SIGNED = 64 * 1024 * 1024;

/** Makes a message's properties, recipients and attachments from its MIME (MS-OXCMAIL §2.2). `bag` has the properties that were made at its delivery. */
export async function mimeObject(root: Part, read: ReadRange, bag: PropertyBag): Promise<MimeObject> {
  const builder = new Builder(read);
  const object: MapiObject = { type: OBJECT.MESSAGE, id: 1, properties: new Map(bag), children: [] };
  await builder.fill(object, root, 0);
  return { object, parts: builder.parts, named: builder.named };
}

class Builder {
  readonly parts = new Map<number, Part>();
  readonly named: NamedValue[] = [];
  private last = 1;
  /** The number of attachments of each message so far: counting them anew for each attachment would take quadratic time. */
  private readonly counts = new Map<MapiObject, number>();
  private readonly read: ReadRange;

  constructor(read: ReadRange) {
    this.read = read;
  }

  async fill(message: MapiObject, root: Part, nesting: number): Promise<void> {
    const header = await this.read({ start: root.headerStart, end: root.bodyStart });
    const fields = parseHeaderFields(header);
    message.properties.set(PR.TRANSPORT_MESSAGE_HEADERS, decodeBytes(header, undefined).trimEnd());
    this.addRecipients(message, fields);
    const described = await this.described(root, header);
    for (const [tag, value] of await reportProperties(described, this.read)) message.properties.set(tag, value);
    await this.addParts(message, described, nesting);
    if (isClearSigned(described)) await this.keepWhole(message, described);
  }

  /**
   * MS-OXCMAIL §2.2.3.7.1: a signature covers the exact bytes, so a signed message has its whole content as its only attachment; the body is
   * shown beside it.
   */
  private async keepWhole(message: MapiObject, root: Part): Promise<void> {
    const size = root.bodyEnd - root.bodyStart;
    if (size > MAX_SIGNED) return;
    const type = root.fields.find(({ name }) => name === 'content-type')?.value ?? root.contentType.value;
    const body = await this.read({ start: root.bodyStart, end: root.bodyEnd });
    const data = Buffer.concat([Buffer.from(`Content-Type: ${type}\r\n\r\n`, 'latin1'), body]);
    const others = message.children.filter(({ type: kind }) => kind !== OBJECT.ATTACHMENT);
    const attachment: MapiObject = {
      type: OBJECT.ATTACHMENT,
      id: ++this.last,
      properties: new Map<number, string | number | Buffer>([
        [PR.ATTACH_NUM, 0],
        [PR.ATTACH_SIZE, data.length],
        [PR.ATTACH_METHOD, ATTACH_METHOD.BY_VALUE],
        [PR.RENDERING_POSITION, -1],
        [PR.ATTACH_MIME_TAG, 'multipart/signed'],
        [PR.ATTACH_LONG_FILENAME, 'smime.p7m'],
        [PR.ATTACH_FILENAME, 'smime.p7m'],
        [PR.DISPLAY_NAME, 'smime.p7m'],
        [PR.ATTACH_DATA_BIN, data],
      ]),
      children: [],
    };
    message.children.splice(0, message.children.length, ...others, attachment);
  }

  /** Adds the header of a part, which the part index does not contain. */
  private async described(part: Part, header?: Buffer, defaultType = 'text/plain'): Promise<Part> {
    const bytes = header ?? (await this.read({ start: part.headerStart, end: part.bodyStart }));
    const described = describePart(part.headerStart, part.bodyStart, bytes, defaultType);
    const known = part.kind === 'leaf' && described.kind === 'multipart' ? asText(described) : described;
    return { ...known, kind: part.kind, bodyEnd: part.bodyEnd, children: part.children };
  }

  private addRecipients(message: MapiObject, fields: readonly HeaderField[]): void {
    for (const [name, type] of [
      ['to', RECIPIENT_TYPE.TO],
      ['cc', RECIPIENT_TYPE.CC],
      ['bcc', RECIPIENT_TYPE.BCC],
    ] as const)
      for (const mailbox of mailboxesOf(addresses(fields, name))) {
        const address = addressOf(mailbox);
        const row = message.children.length;
        message.children.push({
          type: OBJECT.MAIL_USER,
          id: ++this.last,
          properties: new Map<number, string | number | Buffer>([
            [PR.RECIPIENT_TYPE, type],
            [PR.ROWID, row],
            [PR.DISPLAY_NAME, displayName(mailbox)],
            [PR.ADDRTYPE, 'SMTP'],
            [PR.EMAIL_ADDRESS, address],
            [PR.SEARCH_KEY, smtpSearchKey(address)],
            [PR.DISPLAY_TYPE, DT.MAIL_USER],
            [PR.SMTP_ADDRESS, address],
            [PR.EC_CONTACT_ENTRYID, entryIdOf(mailbox)],
          ]),
          children: [],
        });
      }
  }

  private async addParts(message: MapiObject, part: Part, nesting: number): Promise<void> {
    if (part.kind === 'multipart') {
      let first = true;
      for (const child of part.children) {
        const defaultType = part.contentType.value === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
        const described = await this.described(child, undefined, defaultType);
        // A text after the first part is an attachment in multipart/mixed, and another form of the body in multipart/alternative.
        if (described.kind !== 'multipart' && !first && part.contentType.value === 'multipart/mixed')
          await this.mergeOrAttach(message, described, nesting);
        else await this.addParts(message, described, nesting);
        first = false;
      }
      return;
    }
    const disposition = firstField(part.fields, 'content-disposition') ?? '';
    const isBody = part.kind === 'leaf' && !/^\s*attachment/i.test(disposition);
    if (isBody && part.contentType.value === 'text/plain' && !message.properties.has(PR.BODY))
      message.properties.set(PR.BODY, (await this.text(part)).text);
    else if (isBody && part.contentType.value === 'text/html' && !message.properties.has(PR.HTML)) {
      const { text } = await this.text(part);
      message.properties.set(PR.HTML, Buffer.from(text, 'utf8'));
      message.properties.set(PR.INTERNET_CPID, 65001);
    } else await this.mergeOrAttach(message, part, nesting);
  }

  private async mergeOrAttach(message: MapiObject, part: Part, nesting: number): Promise<void> {
    if (!isTnef(part) || !(await this.merge(message, part))) await this.attach(message, part, nesting);
  }

  private async text(part: Part): Promise<{ text: string }> {
    const bytes = await this.read({ start: part.bodyStart, end: Math.min(part.bodyEnd, part.bodyStart + MAX_BODY) });
    const { contentType, encoding } = part;
    const text = decodeBytes(decodeTransferEncoding(bytes, encoding), parameter(contentType, 'charset'));
    const flowed = parameter(contentType, 'format')?.toLowerCase() === 'flowed';
    return { text: flowed ? unflow(text, parameter(contentType, 'delsp')?.toLowerCase() === 'yes') : text };
  }

  /** Adds the properties and attachments of a TNEF part that the message does not have; false if it cannot be read. */
  private async merge(message: MapiObject, part: Part): Promise<boolean> {
    const tnef = await tnefOf(part, this.read);
    if (!tnef) return false;
    const { properties, children } = tnef.object;
    for (const [tag, value] of properties)
      if (tag === PR.MESSAGE_CLASS || (!message.properties.has(tag) && isOfContent(tag)))
        message.properties.set(tag, value);
    // Named properties of embedded messages are not stored.
    if (message.id === 1) this.named.push(...tnef.named);
    addRtfBody(message.properties);
    for (const child of children.filter(({ type }) => type === OBJECT.ATTACHMENT)) {
      child.properties.set(PR.ATTACH_NUM, this.nextNumber(message));
      message.children.push(child);
      this.number(child);
    }
    return true;
  }

  private nextNumber(message: MapiObject): number {
    const count = this.counts.get(message) ?? 0;
    this.counts.set(message, count + 1);
    return count;
  }

  private number(object: MapiObject): void {
    object.id = ++this.last;
    for (const child of object.children) this.number(child);
  }

  private async attach(message: MapiObject, part: Part, nesting: number): Promise<void> {
    const embedded =
      part.kind === 'message' && part.children[0] && nesting < MAX_NESTING ? part.children[0] : undefined;
    const id = ++this.last;
    const name = fileName(part);
    const contentId = firstField(part.fields, 'content-id')?.replace(/[<>\s]/g, '');
    const properties: PropertyBag = new Map<number, string | number>([
      [PR.ATTACH_NUM, this.nextNumber(message)],
      [PR.ATTACH_SIZE, decodedSize(part)],
      [PR.ATTACH_METHOD, embedded ? ATTACH_METHOD.EMBEDDED_MSG : ATTACH_METHOD.BY_VALUE],
      [PR.RENDERING_POSITION, -1],
      [PR.ATTACH_MIME_TAG, part.contentType.value],
      ...(name
        ? ([
            [PR.ATTACH_LONG_FILENAME, name],
            [PR.ATTACH_FILENAME, name],
            [PR.DISPLAY_NAME, name],
          ] as const)
        : []),
      ...(contentId ? ([[PR.ATTACH_CONTENT_ID, contentId]] as const) : []),
    ]);
    const attachment: MapiObject = { type: OBJECT.ATTACHMENT, id, properties, children: [] };
    message.children.push(attachment);
    if (!embedded) {
      this.parts.set(id, part);
      return;
    }
    const header = await this.read({ start: embedded.headerStart, end: embedded.bodyStart });
    const described = await this.described(embedded, header);
    const inner: MapiObject = {
      type: OBJECT.MESSAGE,
      id: ++this.last,
      properties: messageProperties(described, 0).bag,
      children: [],
    };
    attachment.children.push(inner);
    await this.fill(inner, embedded, nesting + 1);
    attachment.properties.set(PR.DISPLAY_NAME, String(inner.properties.get(PR.SUBJECT) ?? ''));
  }
}

/** Adds the HTML or text that an RTF body encapsulates, if there is no other body. */
function addRtfBody(properties: PropertyBag): void {
  const compressed = properties.get(PR.RTF_COMPRESSED);
  if (!Buffer.isBuffer(compressed) || properties.has(PR.HTML)) return;
  const rtf = decompressRtf(compressed);
  const rich = rtf === undefined ? undefined : readRtf(rtf);
  if (!rich) return;
  if (rich.kind === 'html') {
    properties.set(PR.HTML, Buffer.from(rich.text, 'utf8'));
    properties.set(PR.INTERNET_CPID, 65001);
  } else if (!properties.has(PR.BODY)) properties.set(PR.BODY, rich.text);
}

/** Whether a property belongs to the content of a message, not to its transport or its store (MS-OXTNEF §2.1.3.2). */
function isOfContent(tag: PropertyTag): boolean {
  const id = tag >>> 16;
  return id < 0x6000 && !(id >= 0x0e00 && id < 0x0f00) && !(id >= 0x0fe0 && id < 0x1000);
}

const addresses = (fields: readonly HeaderField[], name: string): Address[] =>
  fields.filter((field) => field.name === name).flatMap(({ value }) => parseAddressList(value));

/** The file name of a part: from its Content-Disposition, else from its Content-Type. */
function fileName(part: Part): string | undefined {
  const disposition = parseStructuredField(firstField(part.fields, 'content-disposition') ?? '');
  return parameterText(disposition, 'filename') ?? parameterText(part.contentType, 'name');
}

/** The approximate decoded size of a part, without reading it. */
function decodedSize(part: Part): number {
  const length = part.bodyEnd - part.bodyStart;
  return part.encoding === 'base64' ? Math.floor((length * 57) / 78) : length;
}
