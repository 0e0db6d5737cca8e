import { listCompanies, listGroupsOf, listUsersOf, type Person } from '../../../shared/directory/people.ts';
import { decodeAddressBookId, encodeAddressBookId } from '../../../shared/mapi/entry-id.ts';
import { KopanoError } from '../../../shared/mapi/error.ts';
import { OBJECT } from '../../../shared/mapi/property-document.ts';
import type { TenantId } from '../../../shared/store/ids.ts';
import { instanceKey, TAG } from '../../../shared/store/mapi-properties.ts';
import { addressBag, everyoneBag } from '../address-book.ts';
import { EVERYONE_ID, fromWireId, wireId } from '../address-ids.ts';
import { membersOfGroup } from '../members.ts';
import type { Call } from '../operations/operation.ts';
import { bagRow, simpleTable } from './bag-row.ts';
import type { Row, RowSource } from './table.ts';

const nobody = Buffer.alloc(0);
export const AB_ROOT = encodeAddressBookId({ type: OBJECT.AB_CONTAINER, id: 0, external: nobody });
export const GLOBAL_ADDRESS_BOOK = encodeAddressBookId({ type: OBJECT.AB_CONTAINER, id: 1, external: nobody });

const DT_NOT_SPECIFIC = 0x50000;

const CONTAINER_COLUMNS = [
  TAG.ENTRYID,
  0x3001001e,
  TAG.INSTANCE_KEY,
  0x39000003,
  TAG.OBJECT_TYPE,
  TAG.RECORD_KEY,
  0x300b0102,
];
const PEOPLE_COLUMNS = [
  TAG.ENTRYID,
  TAG.DISPLAY_NAME,
  TAG.INSTANCE_KEY,
  0x3002001f,
  0x39000003,
  TAG.OBJECT_TYPE,
  0x3003001f,
  0x39fe001f,
  0x300b0102,
  TAG.RECORD_KEY,
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

function containerRow(entryId: Buffer, name: string, id: number): Row {
  const key = Buffer.alloc(8);
  key.writeUInt32LE(id, 0);
  key.writeUInt32LE(1, 4);
  return bagRow(
    key,
    new Map<number, Buffer | string | number>([
      [TAG.ENTRYID, entryId],
      [TAG.DISPLAY_NAME, name],
      [0x39000003, DT_NOT_SPECIFIC],
      [TAG.OBJECT_TYPE, OBJECT.AB_CONTAINER],
      [TAG.RECORD_KEY, entryId],
      [0x300b0102, entryId],
    ]),
  );
}

/** The people and groups of a container, or of a group. Who is hidden is not among them. */
export function peopleTable(call: Call, entryId: Buffer): RowSource {
  const { id, type } = decodeAddressBookId(entryId);
  return simpleTable(PEOPLE_COLUMNS, async () => {
    const people = type === OBJECT.DIST_LIST ? await membersOfGroup(call, id) : await peopleOf(call, id);
    const everyone = type === OBJECT.AB_CONTAINER ? [bagRow(instanceKey(EVERYONE_ID), everyoneBag())] : [];
    return [
      ...everyone,
      ...people
        .filter(({ hidden }) => !hidden)
        .map((person) => bagRow(instanceKey(wireId(person)), addressBag(call, person))),
    ];
  });
}

async function peopleOf(call: Call, container: number): Promise<Person[]> {
  const { scope } = call.session.caller;
  const { db } = call.context.store;
  const company = container <= 1 ? undefined : fromWireId(container);
  if (company && company.kind !== 'company') throw new KopanoError('NOT_FOUND', 'no such container');
  if (company && scope !== 'all' && !scope.includes(company.id as TenantId))
    throw new KopanoError('NOT_FOUND', 'no such container');
  const within = company ? [company.id as TenantId] : scope;
  return [...(await listUsersOf(db, within)), ...(await listGroupsOf(db, within))];
}
