import type { Caller } from '../access/caller.ts';
import type { DirectoryEntryId } from '../directory/entries/entries.ts';
import { decodeAddressBookId, encodeAddressBookId } from '../mapi/entry-id.ts';
import { PamojaError } from '../mapi/error.ts';
import { OBJECT } from '../mapi/property-document.ts';

// Users, groups and tenants share one range of ids in the address book: 1 is Everyone, 2 is SYSTEM.

const KINDS = ['user', 'group', 'company'] as const;
const TYPES = { user: OBJECT.MAIL_USER, group: OBJECT.DIST_LIST, company: OBJECT.AB_CONTAINER } as const;

declare const brand: unique symbol;
/** The id of a directory entry in requests and entry ids. {@link directoryIdOf} says what kind of entry it names, if any. */
export type AddressBookId = number & { readonly [brand]: 'AddressBookId' };

export const EVERYONE_ID = 1 as AddressBookId;
export const SYSTEM_ID = 2 as AddressBookId;

/** The address book id of a directory entry. */
export const addressBookId = ({ kind, id }: DirectoryEntryId): AddressBookId =>
  (id * KINDS.length + KINDS.indexOf(kind)) as AddressBookId;

/** The directory entry that an address book id names. Undefined for Everyone, SYSTEM and ids that name no entry. */
export function directoryIdOf(bookId: AddressBookId): DirectoryEntryId | undefined {
  const kind = KINDS[bookId % KINDS.length];
  const id = Math.floor(bookId / KINDS.length);
  return kind && id > 0 ? ({ kind, id } as DirectoryEntryId) : undefined;
}

/** The entry id of a directory entry. */
export const addressBookEntryId = (entry: DirectoryEntryId & { guid: Buffer }): Buffer =>
  encodeAddressBookId({ type: TYPES[entry.kind], id: addressBookId(entry), external: entry.guid });

export const EVERYONE_ENTRY_ID = encodeAddressBookId({
  type: OBJECT.DIST_LIST,
  id: EVERYONE_ID,
  external: Buffer.alloc(0),
});
export const SYSTEM_ENTRY_ID = encodeAddressBookId({
  type: OBJECT.MAIL_USER,
  id: SYSTEM_ID,
  external: Buffer.alloc(0),
});

/** The caller's own entry id, which is written into what the caller changes. */
export const callerEntryId = ({ system, user, guid }: Pick<Caller, 'system' | 'user' | 'guid'>): Buffer =>
  system ? SYSTEM_ENTRY_ID : addressBookEntryId({ kind: 'user', id: user, guid });

/**
 * The address book id of a request, which may carry an id, an entry id or both: the entry id counts where there is one. Throws
 * INVALID_ENTRYID for an entry id whose object type contradicts its id.
 */
export function requestedId(id: number, entryId: Buffer | undefined): AddressBookId {
  if (!entryId || entryId.length === 0) return id as AddressBookId;
  const decoded = decodeAddressBookId(entryId);
  const known = directoryIdOf(decoded.id as AddressBookId);
  if (known && TYPES[known.kind] !== decoded.type)
    throw new PamojaError('INVALID_ENTRYID', 'the object type of the entry id contradicts its id');
  return decoded.id as AddressBookId;
}

/** The search key of an address (PR_SEARCH_KEY). */
export const searchKey = (addressType: string, address: string): Buffer =>
  Buffer.from(`${addressType}:${address}\0`.toUpperCase(), 'utf8');
