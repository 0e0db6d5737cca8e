import { describe, expect, it } from 'vitest';
import {
  addressBookEntryId,
  addressBookId,
  callerEntryId,
  directoryIdOf,
  EVERYONE_ENTRY_ID,
  EVERYONE_ID,
  requestedId,
  SYSTEM_ENTRY_ID,
  SYSTEM_ID,
  searchKey,
} from '../../../shared/address-book/address-book-ids.ts';
import { type DirectoryEntryId, directoryEntryId } from '../../../shared/directory/entries/entries.ts';
import { decodeAddressBookId, encodeAddressBookId } from '../../../shared/mapi/entry-id.ts';
import { OBJECT } from '../../../shared/mapi/property-document.ts';
import type { UserId } from '../../../shared/store/engine/ids.ts';

const KINDS: DirectoryEntryId['kind'][] = ['user', 'group', 'company'];
const guid = Buffer.alloc(16, 0xab);

describe('the address book id of an entry', () => {
  it('names the entry, and no other of any kind', () => {
    const entries = KINDS.flatMap((kind) => [1, 2, 3, 1_000_000].map((id) => directoryEntryId(kind, id)));
    expect(entries.map((entry) => directoryIdOf(addressBookId(entry)))).toEqual(entries);
    expect(new Set(entries.map(addressBookId)).size).toBe(entries.length);
  });

  it('is never that of Everyone or SYSTEM, which name no entry', () => {
    for (const id of [EVERYONE_ID, SYSTEM_ID]) expect(directoryIdOf(id)).toBeUndefined();
    for (const kind of KINDS) expect(addressBookId(directoryEntryId(kind, 1))).toBeGreaterThan(SYSTEM_ID);
  });
});

describe('the entry id of an entry', () => {
  it.each([
    ['user', OBJECT.MAIL_USER],
    ['group', OBJECT.DIST_LIST],
    ['company', OBJECT.AB_CONTAINER],
  ] as const)('of kind %s says its kind, its id and its GUID', (kind, type) => {
    const entry = { ...directoryEntryId(kind, 7), guid };
    expect(decodeAddressBookId(addressBookEntryId(entry))).toEqual({ type, id: addressBookId(entry), external: guid });
  });

  it('is for SYSTEM the same in every tenant', () => {
    expect(decodeAddressBookId(SYSTEM_ENTRY_ID)).toEqual({
      type: OBJECT.MAIL_USER,
      id: SYSTEM_ID,
      external: Buffer.alloc(0),
    });
    expect(callerEntryId({ system: true, user: 7 as UserId, guid })).toEqual(SYSTEM_ENTRY_ID);
    expect(callerEntryId({ system: false, user: 7 as UserId, guid })).toEqual(
      addressBookEntryId({ kind: 'user', id: 7 as UserId, guid }),
    );
  });
});

describe('the entry that a request names', () => {
  const entry = { ...directoryEntryId('group', 7), guid };

  it('is that of its entry id, whatever id stands beside that', () => {
    expect(requestedId(3, addressBookEntryId(entry))).toBe(addressBookId(entry));
    expect(requestedId(0, EVERYONE_ENTRY_ID)).toBe(EVERYONE_ID);
  });

  it('is that of its id where it has no entry id', () => {
    expect(requestedId(3, undefined)).toBe(3);
    expect(requestedId(3, Buffer.alloc(0))).toBe(3);
  });

  it.each([
    [
      'says that a group is a user',
      encodeAddressBookId({ type: OBJECT.MAIL_USER, id: addressBookId(entry), external: guid }),
    ],
    ['is of a message', Buffer.alloc(48, 1)],
    ['is cut off', addressBookEntryId(entry).subarray(0, 20)],
  ])('is refused where its entry id %s', (_, entryId) => {
    expect(() => requestedId(3, entryId)).toThrow(expect.objectContaining({ code: 'INVALID_ENTRYID' }));
  });
});

it('the search key of an address is the same however the address is written, and ends with a NUL', () => {
  expect(searchKey('ZARAFA', 'Anna@A.test')).toEqual(searchKey('zarafa', 'anna@a.TEST'));
  expect(searchKey('ZARAFA', 'anna@a.test').toString()).toBe('ZARAFA:ANNA@A.TEST\0');
});
