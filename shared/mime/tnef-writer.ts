import type { PropertyBag, PropertyValue } from '../mapi/property.ts';
import { type MapiObject, OBJECT } from '../mapi/property-document.ts';
import { isMultiValue, PR, type PropertyTag, PT, propertyType } from '../mapi/property-tags.ts';
import { ATTACH_DATA_OBJECT_ID, ATTRIBUTE, IID_MESSAGE, type NameOf, SIGNATURE } from './tnef.ts';

const NO_NAMES: NameOf = () => undefined;

/** Writes a message, with the data of its attachments, as TNEF. Values of types that TNEF does not have are omitted. */
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
  // The id of a named property is valid only in its store.
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

/** MS-OXTNEF §2.1.3.4: the kind, then the number or the string. */
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

/** Prefixes bytes with their length and pads them to four bytes. */
const sized = (bytes: Buffer): Buffer =>
  Buffer.concat([uint32(bytes.length), bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
