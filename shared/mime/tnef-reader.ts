import { ATTACH_METHOD } from '../mapi/message-flags.ts';
import type { PropertyBag, PropertyValue } from '../mapi/property.ts';
import { type MapiObject, OBJECT } from '../mapi/property-document.ts';
import { PR, type PropertyTag, PT } from '../mapi/property-tags.ts';
import { charsetOf } from './code-pages.ts';
import { decodeBytes } from './encoded-words.ts';
import {
  ATTACH_DATA_OBJECT_ID,
  ATTRIBUTE,
  IID_MESSAGE,
  type NamedValue,
  SIGNATURE,
  TnefError,
  type TnefMessage,
} from './tnef.ts';
import { MAX_COUNT, TnefPropertyReader } from './tnef-property-reader.ts';

/** The code page of a stream that does not state one. */
const ANSI = 1252;

const MAX_NESTING = 10;

/** Reads a TNEF stream up to its end or its first damaged attribute. Throws TnefError if nothing could be read. */
export function readTnef(bytes: Buffer, nesting = 0): TnefMessage {
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== SIGNATURE) throw new TnefError('not a TNEF stream');
  const message = new MessageReader(nesting);
  let at = 6;
  try {
    while (at + 11 <= bytes.length) {
      const attribute = bytes.readUInt32LE(at + 1);
      const length = bytes.readUInt32LE(at + 5);
      const end = at + 9 + length;
      if (end > bytes.length) throw new TnefError('an attribute is cut off');
      message.take(attribute, bytes.subarray(at + 9, end));
      // The checksum that follows is not verified: a wrong length is found without it.
      at = end + 2;
    }
  } catch (error) {
    if (!(error instanceof TnefError) || at === 6) throw error;
  }
  return message.finish();
}

class MessageReader {
  private readonly object: MapiObject = { type: OBJECT.MESSAGE, id: 1, properties: new Map(), children: [] };
  private readonly named: NamedValue[] = [];
  private readonly nesting: number;
  private codePage = charsetOf(ANSI);
  private attachment: MapiObject | undefined;
  private attachments = 0;

  constructor(nesting: number) {
    this.nesting = nesting;
  }

  take(attribute: number, data: Buffer): void {
    const { properties } = this.object;
    switch (attribute) {
      case ATTRIBUTE.OEM_CODE_PAGE:
        if (data.length >= 4) this.codePage = charsetOf(data.readUInt32LE(0) || ANSI);
        return;
      case ATTRIBUTE.MESSAGE_PROPERTIES:
        return this.properties(new TnefPropertyReader(data, this.codePage), properties, this.object);
      case ATTRIBUTE.RECIPIENTS:
        return this.recipients(new TnefPropertyReader(data, this.codePage));
      case ATTRIBUTE.RENDER_DATA:
        return this.beginAttachment();
      case ATTRIBUTE.ATTACH_TITLE:
        this.attachment?.properties.set(PR.ATTACH_FILENAME, this.text(data));
        return;
      case ATTRIBUTE.ATTACH_DATA:
        this.attachment?.properties.set(PR.ATTACH_DATA_BIN, data);
        return;
      case ATTRIBUTE.ATTACHMENT:
        if (this.attachment)
          this.properties(new TnefPropertyReader(data, this.codePage), this.attachment.properties, this.attachment);
        return;
      // Attributes from before MAPI are used only if the MAPI property is missing.
      case ATTRIBUTE.MESSAGE_CLASS:
        if (!properties.has(PR.MESSAGE_CLASS)) properties.set(PR.MESSAGE_CLASS, classOf(this.text(data)));
        return;
      case ATTRIBUTE.SUBJECT:
        if (!properties.has(PR.SUBJECT)) properties.set(PR.SUBJECT, this.text(data));
        return;
      case ATTRIBUTE.BODY:
        if (!properties.has(PR.BODY)) properties.set(PR.BODY, this.text(data));
        return;
      default:
    }
  }

  finish(): TnefMessage {
    for (const child of this.object.children) {
      if (child.type !== OBJECT.ATTACHMENT) continue;
      const { properties } = child;
      const data = properties.get(PR.ATTACH_DATA_BIN);
      const isMessage = child.children.length > 0;
      if (!properties.has(PR.ATTACH_METHOD))
        properties.set(PR.ATTACH_METHOD, isMessage ? ATTACH_METHOD.EMBEDDED_MSG : ATTACH_METHOD.BY_VALUE);
      if (!properties.has(PR.ATTACH_LONG_FILENAME) && properties.has(PR.ATTACH_FILENAME))
        properties.set(PR.ATTACH_LONG_FILENAME, properties.get(PR.ATTACH_FILENAME) ?? '');
      if (Buffer.isBuffer(data)) properties.set(PR.ATTACH_SIZE, data.length);
    }
    return { object: this.object, named: this.named };
  }

  private beginAttachment(): void {
    if (this.attachments >= MAX_COUNT) throw new TnefError('too many attachments');
    this.attachment = {
      type: OBJECT.ATTACHMENT,
      id: 0,
      properties: new Map<PropertyTag, PropertyValue>([
        [PR.ATTACH_NUM, this.attachments++],
        [PR.RENDERING_POSITION, -1],
      ]),
      children: [],
    };
    this.object.children.push(this.attachment);
  }

  private recipients(reader: TnefPropertyReader): void {
    const rows = reader.count();
    for (let i = 0; i < rows; i++) {
      const child: MapiObject = { type: OBJECT.MAIL_USER, id: 0, properties: new Map(), children: [] };
      this.properties(reader, child.properties, child);
      this.object.children.push(child);
    }
  }

  private properties(reader: TnefPropertyReader, bag: PropertyBag, object: MapiObject): void {
    const count = reader.count();
    for (let i = 0; i < count; i++) {
      const { type, id, name } = reader.tag();
      if (type === PT.OBJECT) {
        const [stream] = reader.variable();
        if (stream && id === ATTACH_DATA_OBJECT_ID) this.embedded(stream, object);
        continue;
      }
      const value = reader.value(type);
      if (value === undefined) continue;
      if (name) this.named.push({ ...name, type: stringsAsUnicode(type), value });
      else bag.set(((id << 16) | stringsAsUnicode(type)) >>> 0, value);
    }
  }

  private embedded(stream: Buffer, attachment: MapiObject): void {
    if (!stream.subarray(0, 16).equals(IID_MESSAGE) || this.nesting >= MAX_NESTING) return;
    try {
      attachment.children.push(readTnef(stream.subarray(16), this.nesting + 1).object);
    } catch (error) {
      if (!(error instanceof TnefError)) throw error;
    }
  }

  private text(data: Buffer): string {
    const end = data.indexOf(0);
    return decodeBytes(end < 0 ? data : data.subarray(0, end), this.codePage);
  }
}

/** 8-bit strings are decoded, so their type becomes Unicode. */
const stringsAsUnicode = (type: number): number =>
  type === PT.STRING8 ? PT.UNICODE : type === PT.MV_STRING8 ? PT.MV_UNICODE : type;

/** MS-OXTNEF §2.1.3.3.1: maps a message class from before MAPI. */
const classOf = (text: string): string =>
  text === 'IPM.Microsoft Mail.Note' ? 'IPM.Note' : text.replace(/^IPM\.Microsoft Schedule\./, 'IPM.Schedule.');
