import { PamojaError } from './error.ts';
import { type BlobValue, isBlobValue, type PropertyBag, type PropertyValue } from './property.ts';
import { type PropertyTag, PT, propertyType, withType } from './property-tags.ts';
import type { Restriction } from './restriction.ts';
import { type RestrictionDocument, readRestriction, restrictionDocument } from './restriction-document.ts';
import type { RuleAction } from './rule-action.ts';
import { type RuleActionDocument, readRuleAction, ruleActionDocument } from './rule-action-document.ts';

/** The type of a {@link BlobValue} in a document; no protocol uses it. */
const PT_BLOB = 0x0ff2;
/** Types of a {@link BlobValue} in a bag that is text or an object: the type is part of a property's key. */
const PT_BLOB_TEXT = 0x0ff3;
const PT_BLOB_OBJECT = 0x0ff4;
const isBlobType = (type: number): boolean => type >= PT_BLOB && type <= PT_BLOB_OBJECT;

/** The key of the {@link BlobValue} of a property in a bag. */
export function blobTag(tag: PropertyTag): PropertyTag {
  const type = propertyType(tag);
  if (isBlobType(type)) return tag;
  if (type === PT.UNICODE || type === PT.STRING8) return withType(tag, PT_BLOB_TEXT);
  return withType(tag, type === PT.OBJECT ? PT_BLOB_OBJECT : PT_BLOB);
}

/** MAPI's object types (`ulObjType`). */
export const OBJECT = {
  STORE: 1,
  ADDRESS_BOOK: 2,
  FOLDER: 3,
  AB_CONTAINER: 4,
  MESSAGE: 5,
  MAIL_USER: 6,
  ATTACHMENT: 7,
  DIST_LIST: 8,
} as const;

/** A message, a recipient, an attachment, or a message embedded in an attachment. */
export interface MapiObject {
  type: number;
  /** The id, unique within the message; 1 is the message itself. */
  id: number;
  properties: PropertyBag;
  children: MapiObject[];
}

/** The document contains only the properties of a message; recipients and attachments are in its MIME. */
const BAG = 1;
/** The document contains the whole object. */
const TREE = 2;

/**
 * Encodes a bag as the one document that is stored with a message (DESIGN decision 3).
 * Layout, little endian: version (u8), count (u32), then per property tag (u32), length (u32), value bytes.
 */
export function encodePropertyDocument(bag: PropertyBag): Buffer {
  return Buffer.concat([Buffer.of(BAG), ...bagParts(bag)]);
}

/** Encodes a whole object: version (u8), then type (u8), id (u32), bag, number of children (u32) and the children in the same way. */
export function encodeObjectDocument(object: MapiObject): Buffer {
  const parts: Buffer[] = [Buffer.of(TREE)];
  pushObject(parts, object);
  return Buffer.concat(parts);
}

/** The properties of a document's object whose ids are wanted. Throws BAD_VALUE for a document that is cut off or has another version. */
export function decodePropertyDocument(document: Buffer, wanted: (id: number) => boolean = all): PropertyBag {
  const reader = new Reader(document);
  const version = reader.byte();
  if (version === TREE) reader.bytes(OBJECT_HEAD);
  else if (version !== BAG) throw new PamojaError('BAD_VALUE', 'not a property document');
  return readBag(reader, wanted);
}

const all = (): boolean => true;

/** Bytes of an object before its properties: type and id. */
const OBJECT_HEAD = 5;

/** Decodes either document: the object, and whether the document contains recipients and attachments. */
export function decodeDocument(document: Buffer): { object: MapiObject; whole: boolean } {
  const reader = new Reader(document);
  const version = reader.byte();
  if (version === BAG)
    return { object: { type: OBJECT.MESSAGE, id: 1, properties: readBag(reader), children: [] }, whole: false };
  if (version !== TREE) throw new PamojaError('BAD_VALUE', 'not a property document');
  return { object: readObject(reader, 0), whole: true };
}

function pushObject(parts: Buffer[], object: MapiObject): void {
  const head = Buffer.alloc(5);
  head.writeUInt8(object.type, 0);
  head.writeUInt32LE(object.id, 1);
  parts.push(head, ...bagParts(object.properties), u32(object.children.length));
  for (const child of object.children) pushObject(parts, child);
}

const MAX_NESTING = 64;

function readObject(reader: Reader, nesting: number): MapiObject {
  if (nesting > MAX_NESTING) throw new PamojaError('BAD_VALUE', 'property document is nested too deeply');
  const object: MapiObject = { type: reader.byte(), id: reader.u32(), properties: readBag(reader), children: [] };
  for (let count = reader.u32(); count > 0; count--) object.children.push(readObject(reader, nesting + 1));
  return object;
}

function bagParts(bag: PropertyBag): Buffer[] {
  const parts: Buffer[] = [u32(bag.size)];
  for (const [key, value] of bag) {
    const tag = isBlobType(propertyType(key)) ? withType(key, PT_BLOB) : key;
    const bytes = encodeValue(tag, value);
    const prefix = Buffer.alloc(8);
    prefix.writeUInt32LE(tag, 0);
    prefix.writeUInt32LE(bytes.length, 4);
    parts.push(prefix, bytes);
  }
  return parts;
}

function readBag(reader: Reader, wanted: (id: number) => boolean = all): PropertyBag {
  const bag: PropertyBag = new Map();
  for (let count = reader.u32(); count > 0; count--) {
    const tag = reader.u32();
    const bytes = reader.bytes(reader.u32());
    if (!wanted(tag >>> 16)) continue;
    const value = readable(tag, bytes);
    if (value === undefined) continue;
    bag.set(isBlobValue(value) ? blobTag(withType(tag, value.type)) : tag, value);
  }
  return bag;
}

/**
 * The value of a property. Earlier versions stored restrictions and rule actions as clients sent them: one that MAPI does not have is left
 * out, so that the object can be read.
 */
function readable(tag: PropertyTag, bytes: Buffer): PropertyValue | undefined {
  try {
    return decodeValue(tag, bytes);
  } catch (error) {
    const isStructure = propertyType(tag) === PT.RESTRICTION || propertyType(tag) === PT.ACTIONS;
    if (isStructure && (PamojaError.is(error, 'INVALID_TYPE') || PamojaError.is(error, 'TOO_COMPLEX')))
      return undefined;
    throw error;
  }
}

class Reader {
  private at = 0;
  private readonly document: Buffer;

  constructor(document: Buffer) {
    this.document = document;
  }

  bytes(length: number): Buffer {
    if (this.at + length > this.document.length) throw new PamojaError('BAD_VALUE', 'property document is cut off');
    this.at += length;
    return this.document.subarray(this.at - length, this.at);
  }

  byte(): number {
    return this.bytes(1).readUInt8(0);
  }

  u32(): number {
    return this.bytes(4).readUInt32LE(0);
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
}

function encodeValue(tag: PropertyTag, value: PropertyValue): Buffer {
  const type = propertyType(tag);
  if ((type & 0x1000) !== 0) {
    const parts = (value as PropertyValue[]).map((item) => encodeSingle(type & ~0x1000, item));
    return Buffer.concat([u32(parts.length), ...parts.flatMap((part) => [u32(part.length), part])]);
  }
  return encodeSingle(type, value);
}

function encodeSingle(type: number, value: PropertyValue): Buffer {
  switch (type) {
    case PT.UNICODE:
    case PT.STRING8:
      return Buffer.from(String(value), 'utf8');
    case PT.BINARY:
    case PT.CLSID:
    case PT.OBJECT:
      return value as Buffer;
    case PT.BOOLEAN:
      return Buffer.of(value ? 1 : 0);
    case PT.SHORT:
    case PT.LONG:
    case PT.ERROR: {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32LE(Number(value) | 0, 0);
      return bytes;
    }
    case PT.FLOAT:
    case PT.DOUBLE:
    case PT.APPTIME: {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(Number(value), 0);
      return bytes;
    }
    case PT.LONGLONG:
    case PT.CURRENCY:
    case PT.SYSTIME: {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt.asIntN(64, BigInt(value as bigint)), 0);
      return bytes;
    }
    case PT_BLOB: {
      const { blob, size, type, scope } = value as BlobValue;
      const bytes = Buffer.alloc(48);
      blob.copy(bytes);
      bytes.writeBigUInt64LE(BigInt(size), 32);
      bytes.writeUInt32LE(type, 40);
      bytes.writeUInt32LE(scope, 44);
      return bytes;
    }
    case PT.RESTRICTION:
      return packed(restrictionDocument(value as Restriction));
    case PT.ACTIONS:
      return packed((value as RuleAction[]).map(ruleActionDocument));
    default:
      throw new PamojaError('INVALID_TYPE', `property type 0x${type.toString(16)} cannot be stored`);
  }
}

function decodeValue(tag: PropertyTag, bytes: Buffer): PropertyValue {
  const type = propertyType(tag);
  if ((type & 0x1000) === 0) return decodeSingle(type, bytes);
  const reader = new Reader(bytes);
  const values: PropertyValue[] = [];
  for (let count = reader.u32(); count > 0; count--)
    values.push(decodeSingle(type & ~0x1000, reader.bytes(reader.u32())));
  return values as string[];
}

function decodeSingle(type: number, bytes: Buffer): PropertyValue {
  switch (type) {
    case PT.UNICODE:
    case PT.STRING8:
      return bytes.toString('utf8');
    case PT.BINARY:
    case PT.CLSID:
    case PT.OBJECT:
      return Buffer.from(bytes);
    case PT.BOOLEAN:
      return bytes[0] === 1;
    case PT.SHORT:
      return bytes.readInt32LE(0);
    case PT.LONG:
    case PT.ERROR:
      return bytes.readInt32LE(0);
    case PT.FLOAT:
    case PT.DOUBLE:
    case PT.APPTIME:
      return bytes.readDoubleLE(0);
    case PT.LONGLONG:
    case PT.CURRENCY:
    case PT.SYSTIME:
      return bytes.readBigInt64LE(0);
    case PT_BLOB:
      return {
        blob: Buffer.from(bytes.subarray(0, 32)),
        size: Number(bytes.readBigUInt64LE(32)),
        type: bytes.readUInt32LE(40),
        // Earlier versions wrote no scope; their blobs are shared.
        scope: bytes.length >= 48 ? bytes.readUInt32LE(44) : 0,
      };
    case PT.RESTRICTION:
      return readRestriction(unpacked(bytes) as RestrictionDocument);
    case PT.ACTIONS:
      return (unpacked(bytes) as RuleActionDocument[]).map(readRuleAction);
    default:
      throw new PamojaError('INVALID_TYPE', `property type 0x${type.toString(16)} cannot be read`);
  }
}

/** The blobs that a document refers to. */
export function documentBlobs(document: Buffer): BlobValue[] {
  if (document[0] !== TREE) return [];
  const blobs: BlobValue[] = [];
  const collect = (object: MapiObject): void => {
    for (const value of object.properties.values()) if (isBlobValue(value)) blobs.push(value);
    object.children.forEach(collect);
  };
  collect(decodeDocument(document).object);
  return blobs;
}

/** Encodes and decodes a structure as JSON. */
const packed = (structure: unknown): Buffer => Buffer.from(JSON.stringify(structure, packValue), 'utf8');
const unpacked = (bytes: Buffer): unknown => JSON.parse(bytes.toString('utf8'), unpackValue);

/** The replacer for JSON.stringify: encodes bytes and 64-bit integers. */
export function packValue(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { $int: String(value) };
  const buffer = value as { type?: unknown; data?: unknown } | null;
  if (buffer?.type === 'Buffer' && Array.isArray(buffer.data))
    return { $bytes: Buffer.from(buffer.data as number[]).toString('base64') };
  return value;
}

/** The reverse of {@link packValue}. */
export function unpackValue(_: string, value: unknown): unknown {
  const packed = value as { $int?: string; $bytes?: string } | null;
  if (typeof packed?.$int === 'string') return BigInt(packed.$int);
  return typeof packed?.$bytes === 'string' ? Buffer.from(packed.$bytes, 'base64') : value;
}
