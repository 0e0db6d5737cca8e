import { ATTACH_METHOD } from '../mapi/message-flags.ts';
import type { PropertyBag, PropertyValue } from '../mapi/property.ts';
import { type MapiObject, OBJECT } from '../mapi/property-document.ts';
import { isMultiValue, PR, type PropertyTag, PT, propertyId, propertyType } from '../mapi/property-tags.ts';
import { charsetOf } from './code-pages.ts';
import { decodeBytes } from './encoded-words.ts';

// TNEF (MS-OXTNEF): the properties of a message in one attachment, mostly called winmail.dat.

const SIGNATURE = 0x223e9f78;

const ATTRIBUTE = {
  RENDER_DATA: 0x00069002,
  MESSAGE_PROPERTIES: 0x00069003,
  RECIPIENTS: 0x00069004,
  ATTACHMENT: 0x00069005,
  OEM_CODE_PAGE: 0x00069007,
  VERSION: 0x00089006,
  ATTACH_DATA: 0x0006800f,
  MESSAGE_CLASS: 0x00078008,
  BODY: 0x0002800c,
  SUBJECT: 0x00018004,
  ATTACH_TITLE: 0x00018010,
} as const;

/** PR_ATTACH_DATA_OBJ: a message, or a storage of OLE. */
const ATTACH_DATA_OBJECT_ID = propertyId(PR.ATTACH_DATA_OBJ);

/** {00020307-0000-0000-C000-000000000046} as it stands in a stream. */
const IID_MESSAGE = Buffer.from('0703020000000000c000000000000046', 'hex');

/** The code page of who says none. */
const ANSI = 1252;

const MAX_NESTING = 10;
/** Properties of one object, rows of a table, attachments: more has no message. */
const MAX_COUNT = 10_000;

/** A property with a name instead of a number: a store gives it one of its own. */
export interface NamedValue {
  guid: Buffer;
  /** A number (MNID_ID) or a text (MNID_STRING). */
  name: number | string;
  type: number;
  value: PropertyValue;
}

/** The name of a property by the number that a store has given it; undefined where it has none. */
export type NameOf = (id: number) => Pick<NamedValue, 'guid' | 'name'> | undefined;

const NO_NAMES: NameOf = () => undefined;

/** A message as TNEF has it. */
export interface TnefMessage {
  /** Its properties, recipients and attachments, those with their data. Ids are counted from `firstId` on. */
  object: MapiObject;
  named: NamedValue[];
}

/** What is no TNEF, or breaks off where nothing can be made of it. */
export class TnefError extends Error {}

/** Reads a TNEF stream. What is damaged ends the reading; what was read till then counts. Throws TnefError where that is nothing. */
export function readTnef(bytes: Buffer, nesting = 0): TnefMessage {
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== SIGNATURE) throw new TnefError('no TNEF');
  const message = new MessageReader(nesting);
  let at = 6;
  try {
    while (at + 11 <= bytes.length) {
      const attribute = bytes.readUInt32LE(at + 1);
      const length = bytes.readUInt32LE(at + 5);
      const end = at + 9 + length;
      if (end > bytes.length) throw new TnefError('an attribute is cut off');
      message.take(attribute, bytes.subarray(at + 9, end));
      // The checksum after it says nothing that its length does not.
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
        return this.properties(new Reader(data, this.codePage), properties, this.object);
      case ATTRIBUTE.RECIPIENTS:
        return this.recipients(new Reader(data, this.codePage));
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
          this.properties(new Reader(data, this.codePage), this.attachment.properties, this.attachment);
        return;
      // The attributes of the time before MAPI, where the properties do not say it better.
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

  private recipients(reader: Reader): void {
    const rows = reader.count();
    for (let i = 0; i < rows; i++) {
      const child: MapiObject = { type: OBJECT.MAIL_USER, id: 0, properties: new Map(), children: [] };
      this.properties(reader, child.properties, child);
      this.object.children.push(child);
    }
  }

  private properties(reader: Reader, bag: PropertyBag, object: MapiObject): void {
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

/** Strings are text here, whatever they were in the stream. */
const stringsAsUnicode = (type: number): number =>
  type === PT.STRING8 ? PT.UNICODE : type === PT.MV_STRING8 ? PT.MV_UNICODE : type;

/** MS-OXTNEF §2.1.3.3.1: the class of the time before MAPI. */
const classOf = (text: string): string =>
  text === 'IPM.Microsoft Mail.Note' ? 'IPM.Note' : text.replace(/^IPM\.Microsoft Schedule\./, 'IPM.Schedule.');

/** Reads the encoding of properties (MS-OXTNEF §2.1.3.4). */
class Reader {
  private at = 0;
  private readonly bytes: Buffer;
  private readonly codePage: string | undefined;

  constructor(bytes: Buffer, codePage: string | undefined) {
    this.bytes = bytes;
    this.codePage = codePage;
  }

  count(): number {
    const count = this.uint32();
    // Each has four bytes at least.
    if (count > MAX_COUNT || count > (this.bytes.length - this.at) / 4) throw new TnefError('a count is too high');
    return count;
  }

  tag(): { type: number; id: number; name: Omit<NamedValue, 'type' | 'value'> | undefined } {
    const type = this.take(2).readUInt16LE(0);
    const id = this.take(2).readUInt16LE(0);
    if (id < 0x8000) return { type, id, name: undefined };
    const guid = Buffer.from(this.take(16));
    if (this.uint32() === 0) return { type, id, name: { guid, name: this.uint32() } };
    const length = this.uint32();
    const name = this.take(length).toString('utf16le').replace(/\0.*$/s, '');
    this.pad(length);
    return { type, id, name: { guid, name } };
  }

  /** A value; undefined for one of no type that a message has. */
  value(type: number): PropertyValue | undefined {
    switch (type) {
      case PT.STRING8:
      case PT.UNICODE:
        return this.strings(type)[0] ?? '';
      case PT.BINARY:
        return this.variable()[0] ?? Buffer.alloc(0);
      case PT.MV_STRING8:
      case PT.MV_UNICODE:
        return this.strings(type & 0xfff);
      case PT.MV_BINARY:
        return this.variable();
      default:
    }
    if ((type & 0x1000) === 0) return this.fixed(type);
    const count = this.count();
    return Array.from({ length: count }, () => this.fixed(type & 0xfff)).filter(
      (value) => value !== undefined,
    ) as number[];
  }

  /** Values that have a length, each filled up to four bytes. */
  variable(): Buffer[] {
    const count = this.count();
    const values: Buffer[] = [];
    for (let i = 0; i < count; i++) {
      const length = this.uint32();
      values.push(this.take(length));
      this.pad(length);
    }
    return values;
  }

  private strings(type: number): string[] {
    return this.variable().map((bytes) =>
      withoutEndingNuls(
        type === PT.UNICODE
          ? bytes
              .subarray(0, bytes.length & ~1)
              .toString('utf16le')
              .toWellFormed()
          : decodeBytes(bytes, this.codePage),
      ),
    );
  }

  private fixed(type: number): PropertyValue | undefined {
    switch (type) {
      case PT.SHORT:
        return this.take(4).readInt16LE(0);
      case PT.BOOLEAN:
        return this.take(4).readUInt16LE(0) !== 0;
      case PT.LONG:
      case PT.ERROR:
        return this.take(4).readInt32LE(0);
      case PT.FLOAT:
        return this.take(4).readFloatLE(0);
      case PT.DOUBLE:
      case PT.APPTIME:
        return this.take(8).readDoubleLE(0);
      case PT.CURRENCY:
      case PT.LONGLONG:
        return this.take(8).readBigInt64LE(0);
      case PT.SYSTIME:
        return this.take(8).readBigUInt64LE(0);
      case PT.CLSID:
        return Buffer.from(this.take(16));
      default:
        // How long one of another type is, nobody knows.
        throw new TnefError('a type that is not known');
    }
  }

  private uint32(): number {
    return this.take(4).readUInt32LE(0);
  }

  private take(length: number): Buffer {
    if (length > this.bytes.length - this.at) throw new TnefError('the data ends too early');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  private pad(length: number): void {
    this.at = Math.min(this.at + ((4 - (length % 4)) % 4), this.bytes.length);
  }
}

/** Writes a message, with the data of its attachments, as TNEF. Values of types that TNEF does not have are left out. */
export function writeTnef(message: MapiObject, nameOf: NameOf = NO_NAMES): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt32LE(SIGNATURE, 0);
  head.writeUInt16LE(1, 4);
  const messageClass = String(message.properties.get(PR.MESSAGE_CLASS) ?? 'IPM.Note');
  const parts = [
    head,
    attribute(1, ATTRIBUTE.VERSION, uint32(0x00010000)),
    attribute(1, ATTRIBUTE.OEM_CODE_PAGE, Buffer.concat([uint32(1252), uint32(0)])),
    attribute(1, ATTRIBUTE.MESSAGE_CLASS, Buffer.from(`${messageClass}\0`, 'latin1')),
    attribute(1, ATTRIBUTE.MESSAGE_PROPERTIES, properties(message.properties, nameOf)),
  ];
  const recipients = message.children.filter(({ type }) => type === OBJECT.MAIL_USER || type === OBJECT.DIST_LIST);
  if (recipients.length > 0)
    parts.push(
      attribute(
        1,
        ATTRIBUTE.RECIPIENTS,
        Buffer.concat([uint32(recipients.length), ...recipients.map((each) => properties(each.properties, nameOf))]),
      ),
    );
  for (const attachment of message.children.filter(({ type }) => type === OBJECT.ATTACHMENT)) {
    const rendering = Buffer.alloc(14);
    rendering.writeUInt16LE(1, 0);
    rendering.writeInt32LE(-1, 2);
    parts.push(attribute(2, ATTRIBUTE.RENDER_DATA, rendering));
    const data = attachment.properties.get(PR.ATTACH_DATA_BIN);
    if (Buffer.isBuffer(data)) parts.push(attribute(2, ATTRIBUTE.ATTACH_DATA, data));
    const embedded = attachment.children.find(({ type }) => type === OBJECT.MESSAGE);
    const own = new Map([...attachment.properties].filter(([tag]) => tag >>> 16 !== ATTACH_DATA_OBJECT_ID));
    parts.push(attribute(2, ATTRIBUTE.ATTACHMENT, properties(own, nameOf, embedded)));
  }
  return Buffer.concat(parts);
}

function attribute(level: number, id: number, data: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head[0] = level;
  head.writeUInt32LE(id, 1);
  head.writeUInt32LE(data.length, 5);
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(
    data.reduce((total, byte) => (total + byte) & 0xffff, 0),
    0,
  );
  return Buffer.concat([head, data, sum]);
}

function properties(bag: PropertyBag, nameOf: NameOf, embedded?: MapiObject): Buffer {
  const encoded = [...bag].flatMap(([tag, value]) => property(tag, value, nameOf) ?? []);
  if (embedded)
    encoded.push(
      Buffer.concat([
        tagBytes((ATTACH_DATA_OBJECT_ID << 16) | PT.OBJECT),
        uint32(1),
        sized(Buffer.concat([IID_MESSAGE, writeTnef(embedded, nameOf)])),
      ]),
    );
  return Buffer.concat([uint32(encoded.length), ...encoded]);
}

function property(tag: PropertyTag, value: PropertyValue, nameOf: NameOf): Buffer | undefined {
  const single = propertyType(tag) & 0xfff;
  // Named properties have a number only in their store.
  const isNamed = tag >>> 16 >= 0x8000;
  const name = isNamed ? nameOf(tag >>> 16) : undefined;
  if (isNamed && !name) return undefined;
  const multi = isMultiValue(tag);
  const values = multi ? (Array.isArray(value) ? value : []) : [value];
  const encoded = values.map((each) => scalar(single, each));
  if (encoded.some((each) => each === undefined)) return undefined;
  const counted = multi || single === PT.STRING8 || single === PT.UNICODE || single === PT.BINARY;
  const head = name ? [tagBytes(tag), name.guid, nameBytes(name.name)] : [tagBytes(tag)];
  return Buffer.concat([...head, ...(counted ? [uint32(encoded.length)] : []), ...(encoded as Buffer[])]);
}

/** MS-OXTNEF §2.1.3.4: kind, then the number or the text. */
const nameBytes = (name: number | string): Buffer =>
  typeof name === 'number'
    ? Buffer.concat([uint32(0), uint32(name)])
    : Buffer.concat([uint32(1), sized(Buffer.from(`${name}\0`, 'utf16le'))]);

function scalar(type: number, value: unknown): Buffer | undefined {
  const bytes = Buffer.alloc(8);
  switch (type) {
    case PT.STRING8:
    case PT.UNICODE:
      return typeof value !== 'string'
        ? undefined
        : sized(type === PT.UNICODE ? Buffer.from(`${value}\0`, 'utf16le') : Buffer.from(`${value}\0`, 'latin1'));
    case PT.BINARY:
      return Buffer.isBuffer(value) ? sized(value) : undefined;
    case PT.CLSID:
      return Buffer.isBuffer(value) && value.length === 16 ? value : undefined;
    case PT.SHORT:
      bytes.writeInt16LE((Number(value) << 16) >> 16, 0);
      return bytes.subarray(0, 4);
    case PT.BOOLEAN:
      bytes.writeUInt16LE(value ? 1 : 0, 0);
      return bytes.subarray(0, 4);
    case PT.LONG:
    case PT.ERROR:
      bytes.writeInt32LE(Number(value) | 0, 0);
      return bytes.subarray(0, 4);
    case PT.FLOAT:
      bytes.writeFloatLE(Number(value), 0);
      return bytes.subarray(0, 4);
    case PT.DOUBLE:
    case PT.APPTIME:
      bytes.writeDoubleLE(Number(value), 0);
      return bytes;
    case PT.CURRENCY:
    case PT.LONGLONG:
    case PT.SYSTIME:
      if (typeof value !== 'bigint') return undefined;
      bytes.writeBigInt64LE(BigInt.asIntN(64, value), 0);
      return bytes;
    default:
      return undefined;
  }
}

function tagBytes(tag: PropertyTag): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(tag & 0xffff, 0);
  bytes.writeUInt16LE(tag >>> 16, 2);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0, 0);
  return bytes;
}

/** With its length before it, filled up to four bytes. */
const sized = (bytes: Buffer): Buffer =>
  Buffer.concat([uint32(bytes.length), bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

function withoutEndingNuls(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
}
