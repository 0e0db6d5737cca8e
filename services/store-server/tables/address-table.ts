import { listCompanies, listGroupsOf, listUsersOf, type Person } from '../../../shared/directory/people.ts';
import { ADDRESS_BOOK_GUID, decodeAddressBookId, encodeAddressBookId } from '../../../shared/mapi/entry-id.ts';
import { KopanoError } from '../../../shared/mapi/error.ts';
import { OBJECT, type PropertyBag, type PropertyValue } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import { instanceKey } from '../../../shared/store/mapi-properties.ts';
import { addressBag, everyoneBag } from '../address-book.ts';
import { EVERYONE_ID, fromWireId, idOf, personEntryId, wireId } from '../address-ids.ts';
import { membersOfGroup } from '../members.ts';
import type { Call } from '../operations/operation.ts';
import { personByWireId } from '../people.ts';
import { bagRow, simpleTable } from './bag-row.ts';
import type { Row, RowSource } from './row-source.ts';

const nobody = Buffer.alloc(0);
export const AB_ROOT = encodeAddressBookId({ type: OBJECT.AB_CONTAINER, id: 0, external: nobody });
export const GLOBAL_ADDRESS_BOOK = encodeAddressBookId({ type: OBJECT.AB_CONTAINER, id: 1, external: nobody });

/** The number of the container with everybody that the caller sees. */
const GLOBAL_ID = 1;

const DT = { MODIFIABLE: 0x20000, NOT_SPECIFIC: 0x50000 };

/** PR_CONTAINER_FLAGS: recipients, unmodifiable, has containers below it (MS-OXOABK §2.2.2.1). */
const AB = { FLAGS: 0x49, ROOT_FLAGS: 0x4b };

const CONTAINER_COLUMNS = [
  PR.ENTRYID,
  0x3001001e,
  PR.INSTANCE_KEY,
  0x39000003,
  PR.OBJECT_TYPE,
  PR.RECORD_KEY,
  0x300b0102,
];
const PEOPLE_COLUMNS = [
  PR.ENTRYID,
  PR.DISPLAY_NAME,
  PR.INSTANCE_KEY,
  0x3002001f,
  0x39000003,
  PR.OBJECT_TYPE,
  0x3003001f,
  0x39fe001f,
  0x300b0102,
  PR.RECORD_KEY,
];

/** Containers of the address book: the global one, and in it the companies that the caller sees. */
export function containerTable(call: Call, entryId: Buffer): RowSource {
  const { id } = decodeAddressBookId(entryId);
  return simpleTable(CONTAINER_COLUMNS, async () => {
    if (id === 0) return [containerRow(GLOBAL_ADDRESS_BOOK, 'Global Address Book', 1)];
    const { scope } = call.session.caller;
    if (id !== 1 || scope === 'all' || scope.length <= 1) return [];
    const companies = await listCompanies(call.context.store.db, scope);
    return companies.map((company) =>
      containerRow(
        encodeAddressBookId({ type: OBJECT.AB_CONTAINER, id: wireId(company), external: company.guid }),
        company.name,
        wireId(company),
      ),
    );
  });
}

/** A container of the address book. Throws NOT_FOUND for one that is not there for the caller. */
export async function containerBag(call: Call, id: number): Promise<PropertyBag> {
  if (id === 0) return describeContainer(AB_ROOT, 'Kopano Address Book', DT.MODIFIABLE, undefined, AB.ROOT_FLAGS);
  if (id === GLOBAL_ID)
    return describeContainer(GLOBAL_ADDRESS_BOOK, 'Global Address Book', DT.NOT_SPECIFIC, AB_ROOT, AB.FLAGS);
  const company = await personByWireId(call, id);
  if (company.kind !== 'company') throw new KopanoError('NOT_FOUND', 'no such container');
  return describeContainer(personEntryId(company), company.name, DT.NOT_SPECIFIC, GLOBAL_ADDRESS_BOOK, AB.FLAGS);
}

function describeContainer(
  entryId: Buffer,
  name: string,
  displayType: number,
  parent: Buffer | undefined,
  flags: number,
): PropertyBag {
  return new Map<number, PropertyValue>([
    [PR.ENTRYID, entryId],
    [0x36000003, flags],
    [PR.DISPLAY_NAME, name],
    [0xfffb000b, parent === undefined],
    [PR.OBJECT_TYPE, OBJECT.AB_CONTAINER],
    [0x39000003, displayType],
    [0x300b0102, entryId],
    [PR.RECORD_KEY, entryId],
    [0x36150102, ADDRESS_BOOK_GUID],
    [0x3a00001f, name],
    ...(parent
      ? ([
          [0xfffd0003, 0],
          [0xfffc0102, parent],
          [PR.PARENT_ENTRYID, parent],
        ] as const)
      : []),
  ]);
}

function containerRow(entryId: Buffer, name: string, id: number): Row {
  const key = Buffer.alloc(8);
  key.writeUInt32LE(id, 0);
  key.writeUInt32LE(1, 4);
  return bagRow(
    key,
    new Map<number, Buffer | string | number>([
      [PR.ENTRYID, entryId],
      [PR.DISPLAY_NAME, name],
      [0x39000003, DT.NOT_SPECIFIC],
      [PR.OBJECT_TYPE, OBJECT.AB_CONTAINER],
      [PR.RECORD_KEY, entryId],
      [0x300b0102, entryId],
    ]),
  );
}

/** The people and groups of a container, or of a group. Who is hidden is not among them. */
export function peopleTable(call: Call, entryId: Buffer): RowSource {
  const { type } = decodeAddressBookId(entryId);
  return simpleTable(PEOPLE_COLUMNS, async () => {
    const people = type === OBJECT.DIST_LIST ? await membersOfGroup(call, 0, entryId) : await peopleOf(call, entryId);
    const everyone = type === OBJECT.AB_CONTAINER ? [bagRow(instanceKey(EVERYONE_ID), everyoneBag())] : [];
    return [
      ...everyone,
      ...people
        .filter(({ hidden }) => !hidden)
        .map((person) => bagRow(instanceKey(wireId(person)), addressBag(call, person))),
    ];
  });
}

async function peopleOf(call: Call, entryId: Buffer): Promise<Person[]> {
  const { scope } = call.session.caller;
  const { db } = call.context.store;
  const container = idOf(0, entryId);
  const company = container <= 1 ? undefined : fromWireId(container);
  if (company && company.kind !== 'company') throw new KopanoError('NOT_FOUND', 'no such container');
  if (company && scope !== 'all' && !scope.includes(company.id))
    throw new KopanoError('NOT_FOUND', 'no such container');
  const within = company ? [company.id] : scope;
  return [...(await listUsersOf(db, within)), ...(await listGroupsOf(db, within))];
}
