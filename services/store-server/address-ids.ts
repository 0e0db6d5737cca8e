import type { Person } from '../../shared/directory/people.ts';
import { decodeAddressBookId, encodeAddressBookId } from '../../shared/mapi/entry-id.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';

// Users, groups and companies share one range of numbers on the wire: 1 is Everyone, 2 is SYSTEM.

export const EVERYONE_ID = 1;
export const SYSTEM_ID = 2;

const KINDS = ['user', 'group', 'company'] as const;
const TYPES = { user: OBJECT.MAIL_USER, group: OBJECT.DIST_LIST, company: OBJECT.AB_CONTAINER } as const;

/** The number of somebody on the wire. */
export const wireId = ({ kind, id }: Pick<Person, 'kind' | 'id'>): number => id * KINDS.length + KINDS.indexOf(kind);

/** Who a number stands for. Undefined for Everyone, SYSTEM and numbers that nobody has. */
export function fromWireId(id: number): { kind: Person['kind']; id: number } | undefined {
  const kind = KINDS[id % KINDS.length];
  const raw = Math.floor(id / KINDS.length);
  return kind && raw > 0 ? { kind, id: raw } : undefined;
}

export const personEntryId = (person: Pick<Person, 'kind' | 'id' | 'guid'>): Buffer =>
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

/** A number and an entry id as requests carry them: the entry id counts, where there is one. */
export function idOf(number: number, entryId: Buffer | undefined): number {
  return entryId && entryId.length > 0 ? decodeAddressBookId(entryId).id : number;
}

/** What the address book finds somebody by (PR_SEARCH_KEY). */
export const searchKey = (addressType: string, address: string): Buffer =>
  Buffer.from(`${addressType}:${address}\0`.toUpperCase(), 'utf8');
