import { KopanoError } from './error.ts';
import { type PropertyTag, PT, propertyType } from './property-tags.ts';

/** A value of a property: PT_LONGLONG and PT_SYSTIME (100 ns since 1601, UTC) are bigint, PT_BINARY and PT_CLSID bytes. */
export type PropertyValue = string | number | boolean | bigint | Buffer | string[];

/** All properties of one object. */
export type PropertyBag = Map<PropertyTag, PropertyValue>;

const VERSION = 1;

/**
 * Encodes a bag as the one document that is stored with a message (DESIGN decision 3).
 * Layout, little endian: version (u8), count (u32), then per property tag (u32), length (u32), value bytes.
 */
export function encodePropertyDocument(bag: PropertyBag): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(VERSION, 0);
  head.writeUInt32LE(bag.size, 1);
  const parts: Buffer[] = [head];
  for (const [tag, value] of bag) {
    const bytes = encodeValue(tag, value);
    const prefix = Buffer.alloc(8);
    prefix.writeUInt32LE(tag, 0);
    prefix.writeUInt32LE(bytes.length, 4);
    parts.push(prefix, bytes);
  }
  return Buffer.concat(parts);
}

/** The reverse of {@link encodePropertyDocument}. Throws BAD_VALUE for a document that is cut or of another version. */
export function decodePropertyDocument(document: Buffer): PropertyBag {
  if (document.length < 5 || document[0] !== VERSION) throw new KopanoError('BAD_VALUE', 'not a property document');
  const bag: PropertyBag = new Map();
  const count = document.readUInt32LE(1);
  let at = 5;
  for (let i = 0; i < count; i++) {
    if (at + 8 > document.length) throw new KopanoError('BAD_VALUE', 'property document is cut');
    const tag = document.readUInt32LE(at);
    const end = at + 8 + document.readUInt32LE(at + 4);
    if (end > document.length) throw new KopanoError('BAD_VALUE', 'property document is cut');
    bag.set(tag, decodeValue(tag, document.subarray(at + 8, end)));
    at = end;
  }
  return bag;
}

function encodeValue(tag: PropertyTag, value: PropertyValue): Buffer {
  switch (propertyType(tag)) {
    case PT.UNICODE:
      return Buffer.from(String(value), 'utf8');
    case PT.BINARY:
    case PT.CLSID:
      return value as Buffer;
    case PT.BOOLEAN:
      return Buffer.of(value ? 1 : 0);
    case PT.SHORT:
    case PT.LONG: {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32LE(Number(value) | 0, 0);
      return bytes;
    }
    case PT.DOUBLE: {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(Number(value), 0);
      return bytes;
    }
    case PT.LONGLONG:
    case PT.SYSTIME: {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(value as bigint), 0);
      return bytes;
    }
    case PT.MV_UNICODE:
      return Buffer.from(JSON.stringify(value), 'utf8');
    default:
      throw new KopanoError('INVALID_TYPE', `property type 0x${propertyType(tag).toString(16)} cannot be stored`);
  }
}

function decodeValue(tag: PropertyTag, bytes: Buffer): PropertyValue {
  switch (propertyType(tag)) {
    case PT.UNICODE:
      return bytes.toString('utf8');
    case PT.BINARY:
    case PT.CLSID:
      return Buffer.from(bytes);
    case PT.BOOLEAN:
      return bytes[0] === 1;
    case PT.SHORT:
    case PT.LONG:
      return bytes.readInt32LE(0);
    case PT.DOUBLE:
      return bytes.readDoubleLE(0);
    case PT.LONGLONG:
    case PT.SYSTIME:
      return bytes.readBigInt64LE(0);
    case PT.MV_UNICODE:
      return JSON.parse(bytes.toString('utf8')) as string[];
    default:
      throw new KopanoError('INVALID_TYPE', `property type 0x${propertyType(tag).toString(16)} cannot be read`);
  }
}
