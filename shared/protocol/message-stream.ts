import { PamojaError } from '../mapi/error.ts';
import type { PropertyValue } from '../mapi/property.ts';
import { asString8 } from '../mapi/property-bag.ts';
import { type MapiObject, OBJECT } from '../mapi/property-document.ts';
import {
  FIRST_NAMED,
  isMultiValue,
  PR,
  type PropertyTag,
  PT,
  propertyId,
  propertyType,
  withType,
} from '../mapi/property-tags.ts';

// The stream of a whole message in a synchronization (exportMessageChangesAsStream), big endian: version (u32), then the object:
// number of properties (u32), the properties, for an attachment its data after its length (u32), number of objects below it (u32), each with
// its type (u32) and number (u32). Text is UTF-8 under the tag of an 8-bit string. A named property has its name after its value.

const VERSION = 1;

/** GUID, kind (0 a number, 1 a text) and name. */
export interface StreamName {
  guid: Buffer;
  kind: number;
  name: string;
}

/** Properties of the message itself, in their order; what is below it; the names of named properties; and the data of attachments. */
export interface StreamSource {
  properties: readonly { tag: PropertyTag; value: PropertyValue }[];
  children: readonly MapiObject[];
  nameOf(id: number): StreamName | undefined;
  dataOf(attachment: MapiObject): Promise<Buffer>;
}

/** Writes a message. */
export async function* writeMessageStream(source: StreamSource): AsyncIterable<Buffer> {
  yield u32(VERSION);
  yield* writeProperties(source.properties, source);
  yield* writeChildren(source.children, source);
}

function* writeProperties(properties: StreamSource['properties'], source: StreamSource): Iterable<Buffer> {
  const known = properties.filter(
    ({ tag }) => isStreamed(tag) && (propertyId(tag) <= FIRST_NAMED || source.nameOf(propertyId(tag) - FIRST_NAMED)),
  );
  yield u32(known.length);
  for (const { tag, value } of known) {
    yield u32(asString8(tag));
    yield writeValue(tag, value);
    if (propertyId(tag) > FIRST_NAMED) yield writeName(source.nameOf(propertyId(tag) - FIRST_NAMED));
  }
}

async function* writeChildren(children: readonly MapiObject[], source: StreamSource): AsyncIterable<Buffer> {
  yield u32(children.length);
  for (const child of children) {
    yield u32(child.type);
    yield u32(child.id);
    const properties = [...child.properties]
      .filter(([tag]) => propertyId(tag) !== propertyId(PR.ATTACH_DATA_BIN))
      .map(([tag, value]) => ({ tag, value }))
      .sort((a, b) => (a.tag >>> 0) - (b.tag >>> 0));
    yield* writeProperties(properties, source);
    if (child.type === OBJECT.ATTACHMENT) {
      const data = child.children.length > 0 ? Buffer.alloc(0) : await source.dataOf(child);
      yield u32(data.length);
      yield data;
    }
    yield* writeChildren(child.children, source);
  }
}

const isStreamed = (tag: PropertyTag): boolean =>
  SIZES.has(propertyType(tag) & ~0x1000) || VARIABLE.has(propertyType(tag) & ~0x1000);

/** Bytes of a value by its type. */
const SIZES = new Map<number, number>([
  [PT.SHORT, 2],
  [PT.LONG, 4],
  [PT.ERROR, 4],
  [PT.FLOAT, 4],
  [PT.DOUBLE, 8],
  [PT.APPTIME, 8],
  [PT.BOOLEAN, 1],
  [PT.LONGLONG, 8],
  [PT.CURRENCY, 8],
  [PT.SYSTIME, 8],
]);
const VARIABLE = new Set<number>([PT.STRING8, PT.UNICODE, PT.BINARY, PT.CLSID]);

function writeValue(tag: PropertyTag, value: PropertyValue): Buffer {
  const type = propertyType(tag) & ~0x1000;
  if (!isMultiValue(tag)) return writeSingle(type, value);
  const values = value as PropertyValue[];
  return Buffer.concat([u32(values.length), ...values.map((each) => writeSingle(type, each))]);
}

function writeSingle(type: number, value: PropertyValue): Buffer {
  if (VARIABLE.has(type)) {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(String(value), 'utf8');
    return Buffer.concat([u32(bytes.length), bytes]);
  }
  const bytes = Buffer.alloc(SIZES.get(type) ?? 0);
  switch (type) {
    case PT.SHORT:
      bytes.writeInt16BE(Number(value), 0);
      break;
    case PT.FLOAT:
      bytes.writeFloatBE(Number(value), 0);
      break;
    case PT.DOUBLE:
    case PT.APPTIME:
      bytes.writeDoubleBE(Number(value), 0);
      break;
    case PT.BOOLEAN:
      bytes.writeUInt8(value ? 1 : 0, 0);
      break;
    case PT.LONGLONG:
    case PT.CURRENCY:
    case PT.SYSTIME:
      bytes.writeBigInt64BE(BigInt.asIntN(64, BigInt(value as bigint)), 0);
      break;
    default:
      bytes.writeUInt32BE(Number(value) >>> 0, 0);
  }
  return bytes;
}

function writeName(name: StreamName | undefined): Buffer {
  if (!name) return Buffer.alloc(0);
  if (name.kind === 0) return Buffer.concat([name.guid, u32(0), u32(Number(name.name))]);
  const bytes = Buffer.from(name.name, 'utf8');
  return Buffer.concat([name.guid, u32(1), u32(bytes.length), bytes]);
}

/** A property that was read, with its name if it is a named property. */
export interface StreamProperty {
  tag: PropertyTag;
  value: PropertyValue;
  name: StreamName | undefined;
}

export interface StreamObject {
  type: number;
  properties: StreamProperty[];
  data: Buffer | undefined;
  children: StreamObject[];
}

const MAX_COUNT = 100_000;
const MAX_NESTING = 32;

/** Reads a message. Throws BAD_VALUE for bytes that are not a message stream. */
export function readMessageStream(bytes: Buffer): StreamObject {
  const reader = new Reader(bytes);
  if (reader.u32() !== VERSION) throw new PamojaError('BAD_VALUE', 'the message stream has another version');
  const message: StreamObject = {
    type: OBJECT.MESSAGE,
    properties: readProperties(reader),
    data: undefined,
    children: [],
  };
  message.children = readChildren(reader, 0);
  return message;
}

function readChildren(reader: Reader, nesting: number): StreamObject[] {
  if (nesting > MAX_NESTING) throw new PamojaError('BAD_VALUE', 'the message is nested too deeply');
  const children: StreamObject[] = [];
  for (let count = reader.count(); count > 0; count--) {
    const type = reader.u32();
    reader.u32();
    const properties = readProperties(reader);
    const data = type === OBJECT.ATTACHMENT ? Buffer.from(reader.bytes(reader.u32())) : undefined;
    children.push({ type, properties, data, children: readChildren(reader, nesting + 1) });
  }
  return children;
}

function readProperties(reader: Reader): StreamProperty[] {
  const properties: StreamProperty[] = [];
  for (let count = reader.count(); count > 0; count--) {
    const tag = reader.u32();
    const value = readValue(reader, tag);
    const name = propertyId(tag) > FIRST_NAMED ? readName(reader) : undefined;
    const type = propertyType(tag);
    const unicode =
      type === PT.STRING8 ? withType(tag, PT.UNICODE) : type === PT.MV_STRING8 ? withType(tag, PT.MV_UNICODE) : tag;
    properties.push({ tag: unicode, value, name });
  }
  return properties;
}

function readValue(reader: Reader, tag: PropertyTag): PropertyValue {
  const type = propertyType(tag) & ~0x1000;
  if (!isStreamed(tag)) throw new PamojaError('BAD_VALUE', 'a property has an unknown type');
  if (!isMultiValue(tag)) return readSingle(reader, type);
  return Array.from({ length: reader.count() }, () => readSingle(reader, type)) as string[];
}

function readSingle(reader: Reader, type: number): PropertyValue {
  const bytes = reader.bytes(SIZES.get(type) ?? reader.u32());
  switch (type) {
    case PT.STRING8:
    case PT.UNICODE:
      return bytes.toString('utf8');
    case PT.BINARY:
    case PT.CLSID:
      return Buffer.from(bytes);
    case PT.SHORT:
      return bytes.readInt16BE(0);
    case PT.FLOAT:
      return bytes.readFloatBE(0);
    case PT.DOUBLE:
    case PT.APPTIME:
      return bytes.readDoubleBE(0);
    case PT.BOOLEAN:
      return bytes[0] !== 0;
    case PT.LONGLONG:
    case PT.CURRENCY:
    case PT.SYSTIME:
      return bytes.readBigInt64BE(0);
    default:
      return bytes.readUInt32BE(0) | 0;
  }
}

function readName(reader: Reader): StreamName {
  const guid = Buffer.from(reader.bytes(16));
  const kind = reader.u32();
  if (kind === 0) return { guid, kind, name: String(reader.u32()) };
  return { guid, kind: 1, name: reader.bytes(reader.u32()).toString('utf8') };
}

class Reader {
  private at = 0;
  private readonly source: Buffer;

  constructor(source: Buffer) {
    this.source = source;
  }

  bytes(length: number): Buffer {
    if (this.at + length > this.source.length) throw new PamojaError('BAD_VALUE', 'the message stream is cut off');
    this.at += length;
    return this.source.subarray(this.at - length, this.at);
  }

  u32(): number {
    return this.bytes(4).readUInt32BE(0);
  }

  count(): number {
    const count = this.u32();
    if (count > MAX_COUNT) throw new PamojaError('BAD_VALUE', 'the message stream has too many properties or objects');
    return count;
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0, 0);
  return bytes;
}
