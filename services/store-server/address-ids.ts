import type { Caller } from '../../shared/access/caller.ts';
import type { DirectoryEntryId } from '../../shared/directory/entries/entries.ts';
import { decodeAddressBookId, encodeAddressBookId } from '../../shared/mapi/entry-id.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';

// Users, groups and companies share one range of numbers on the wire: 1 is Everyone, 2 is SYSTEM.

const KINDS = ['user', 'group', 'company'] as const;
const TYPES = { user: OBJECT.MAIL_USER, group: OBJECT.DIST_LIST, company: OBJECT.AB_CONTAINER } as const;

declare const brand: unique symbol;
/** A number as requests and entry ids carry one: it is nobody's until {@link fromWireId} has said of which kind it is. */
export type WireId = number & { readonly [brand]: 'WireId' };

export const EVERYONE_ID = 1 as WireId;
export const SYSTEM_ID = 2 as WireId;

/** The number of somebody on the wire. */
export const wireId = ({ kind, id }: DirectoryEntryId): WireId => (id * KINDS.length + KINDS.indexOf(kind)) as WireId;

/** Who a number stands for. Undefined for Everyone, SYSTEM and numbers that nobody has. */
export function fromWireId(wire: WireId): DirectoryEntryId | undefined {
  const kind = KINDS[wire % KINDS.length];
  const id = Math.floor(wire / KINDS.length);
  return kind && id > 0 ? ({ kind, id } as DirectoryEntryId) : undefined;
}

export const personEntryId = (person: DirectoryEntryId & { guid: Buffer }): Buffer =>
  encodeAddressBookId({ type: TYPES[person.kind], id: wireId(person), external: person.guid });

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

/** A caller's entry id, as it is written into what the caller changes. */
export const callerEntryId = ({ system, user, guid }: Caller): Buffer =>
  system ? SYSTEM_ENTRY_ID : personEntryId({ kind: 'user', id: user, guid });

/**
 * A number and an entry id as requests carry them: the entry id counts, where there is one. Throws INVALID_ENTRYID for one that says that it
 * is of another kind than its number.
 */
export function idOf(number: number, entryId: Buffer | undefined): WireId {
  if (!entryId || entryId.length === 0) return number as WireId;
  const { id, type } = decodeAddressBookId(entryId);
  const known = fromWireId(id as WireId);
  if (known && TYPES[known.kind] !== type)
    throw new PamojaError('INVALID_ENTRYID', 'the entry id is of another kind than its number');
  return id as WireId;
}

/** What the address book finds somebody by (PR_SEARCH_KEY). */
export const searchKey = (addressType: string, address: string): Buffer =>
  Buffer.from(`${addressType}:${address}\0`.toUpperCase(), 'utf8');
