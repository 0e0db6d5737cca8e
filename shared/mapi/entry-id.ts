import { PamojaError } from './error.ts';

/** The entry id of a store, a folder or a message, valid until the object is deleted. */
export interface ObjectEntryId {
  /** The GUID of the store. */
  store: Buffer;
  /** MAPI's object type: store, folder or message. */
  type: number;
  /** The GUID of the object, 16 bytes; for a store, its record key. */
  guid: Buffer;
}

const HEAD = 4;
const VERSION_1 = 1;
const OBJECT_LENGTH = HEAD + 16 + 4 + 4 + 16 + 4;

/**
 * Layout: flags (4 bytes, zero), GUID of the store, version (u32: 1), type (u16), flags (u16), GUID of the object, then the server's
 * name, which is empty, padded to 4 bytes.
 */
export function encodeEntryId({ store, type, guid }: ObjectEntryId): Buffer {
  const bytes = Buffer.alloc(OBJECT_LENGTH);
  store.copy(bytes, HEAD);
  bytes.writeUInt32LE(VERSION_1, 20);
  bytes.writeUInt16LE(type, 24);
  guid.copy(bytes, 28);
  return bytes;
}

/** Throws INVALID_ENTRYID for bytes that are not the entry id of an object. */
export function decodeEntryId(bytes: Buffer | undefined): ObjectEntryId {
  if (!bytes || bytes.length < OBJECT_LENGTH - 4 || bytes.readUInt32LE(20) !== VERSION_1 || isAddressBookId(bytes))
    throw new PamojaError('INVALID_ENTRYID', 'not an entry id');
  return { store: bytes.subarray(HEAD, 20), type: bytes.readUInt16LE(24), guid: bytes.subarray(28, 44) };
}

/** MUIDECSAB: the provider id in entry ids of the address book. */
export const ADDRESS_BOOK_GUID = Buffer.from('ac21a95040d3ee48b319fba753304425', 'hex');

/** The entry id of an address book entry or container. */
export interface AddressBookEntryId {
  /** MAPI's object type: mail user, distribution list, container. */
  type: number;
  id: number;
  /** The id of the directory entry; empty for SYSTEM, Everyone and containers, which are the same in every tenant. */
  external: Buffer;
}

export const isAddressBookId = (bytes: Buffer): boolean =>
  bytes.length >= 32 && bytes.subarray(HEAD, 20).equals(ADDRESS_BOOK_GUID);

/** Layout: flags (zero), MUIDECSAB, version (u32: 1 with an external id, else 0), type (u32), id (u32), the external id in base64, padded to 4. */
export function encodeAddressBookId({ type, id, external }: AddressBookEntryId): Buffer {
  const text = external.length > 0 ? Buffer.from(external.toString('base64'), 'latin1') : Buffer.alloc(0);
  const bytes = Buffer.alloc(32 + 4 * Math.ceil((text.length + 1) / 4));
  ADDRESS_BOOK_GUID.copy(bytes, HEAD);
  bytes.writeUInt32LE(text.length > 0 ? 1 : 0, 20);
  bytes.writeUInt32LE(type, 24);
  bytes.writeUInt32LE(id, 28);
  text.copy(bytes, 32);
  return bytes;
}

/** Throws INVALID_ENTRYID for bytes that are not an entry id of the address book. */
export function decodeAddressBookId(bytes: Buffer | undefined): AddressBookEntryId {
  if (!bytes || !isAddressBookId(bytes))
    throw new PamojaError('INVALID_ENTRYID', 'not an entry id of the address book');
  const text = bytes.toString('latin1', 32).replace(/\0.*$/s, '');
  return { type: bytes.readUInt32LE(24), id: bytes.readUInt32LE(28), external: Buffer.from(text, 'base64') };
}

const ONE_OFF_GUID = Buffer.from('812b1fa4bea310199d6e00dd010f5402', 'hex');

/** A one-off entry id, which contains the address itself: name, type and address in UTF-16 (MS-OXCDATA §2.2.5.1). */
export function encodeOneOff(name: string, addressType: string, address: string): Buffer {
  const text = Buffer.from(`${name}\0${addressType}\0${address}\0`, 'utf16le');
  return Buffer.concat([Buffer.alloc(4), ONE_OFF_GUID, Buffer.from([0, 0, 1, 0x80]), text]);
}

/** FLATENTRYLIST: number of entries (u32), their total size in bytes (u32), then each entry after its length (u32), padded to 4. */
export function encodeFlatEntryList(entries: readonly Buffer[]): Buffer {
  const flat = entries.map((entry) => {
    const bytes = Buffer.alloc(4 + 4 * Math.ceil(entry.length / 4));
    bytes.writeUInt32LE(entry.length);
    entry.copy(bytes, 4);
    return bytes;
  });
  const head = Buffer.alloc(8);
  head.writeUInt32LE(entries.length);
  head.writeUInt32LE(
    flat.reduce((sum, { length }) => sum + length, 0),
    4,
  );
  return Buffer.concat([head, ...flat]);
}

/** The entries of a list; a list that is cut off gives the entries before the cut. */
export function decodeFlatEntryList(bytes: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  const count = bytes.length < 8 ? 0 : bytes.readUInt32LE();
  for (let at = 8; entries.length < count && at + 4 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (at + 4 + length > bytes.length) break;
    entries.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + 4 * Math.ceil(length / 4);
  }
  return entries;
}

/** Undefined for an entry id that is not a one-off entry id. */
export function decodeOneOff(bytes: Buffer): { name: string; addressType: string; address: string } | undefined {
  if (bytes.length < 24 || !bytes.subarray(4, 20).equals(ONE_OFF_GUID)) return undefined;
  const unicode = (bytes.readUInt16LE(22) & 0x8000) !== 0;
  const [name = '', addressType = '', address = ''] = bytes
    .subarray(24)
    .toString(unicode ? 'utf16le' : 'latin1')
    .split('\0');
  return { name, addressType, address };
}
