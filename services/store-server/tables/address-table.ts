import {
  type DirectoryEntry,
  listCompanies,
  listGroupsOf,
  listUsersOf,
} from '../../../shared/directory/entries/entries.ts';
import { AB_CONTAINER, DT } from '../../../shared/mapi/display-types.ts';
import { ADDRESS_BOOK_GUID, decodeAddressBookId, encodeAddressBookId } from '../../../shared/mapi/entry-id.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { PropertyBag, PropertyValue } from '../../../shared/mapi/property.ts';
import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR, type PropertyTag, PT, withType } from '../../../shared/mapi/property-tags.ts';
import { instanceKey } from '../../../shared/store/messages/message-properties.ts';
import { addressBag, companyNames, everyoneBag } from '../address-book.ts';
import { EVERYONE_ID, fromWireId, idOf, personEntryId, wireId } from '../address-ids.ts';
import { membersOfGroup } from '../members.ts';
import type { Call } from '../operations/operation.ts';
import { personByWireId } from '../people.ts';
import { bagRow, simpleTable } from './bag-row.ts';
import type { Row, RowSource } from './row-source.ts';

const nobody = Buffer.alloc(0);
export const AB_ROOT = encodeAddressBookId({ type: OBJECT.AB_CONTAINER, id: 0, external: nobody });
export const GLOBAL_ADDRESS_BOOK = encodeAddressBookId({ type: OBJECT.AB_CONTAINER, id: 1, external: nobody });
const ALL_ADDRESS_LISTS = encodeAddressBookId({ type: OBJECT.AB_CONTAINER, id: 2, external: nobody });

/** The number of the container with everybody that the caller sees. */
const GLOBAL_ID = 1;
/** The number of the container of address lists, of which there are none: it is there because clients look for it. */
const LISTS_ID = 2;

const CONTAINER_FLAGS = AB_CONTAINER.RECIPIENTS | AB_CONTAINER.UNMODIFIABLE | AB_CONTAINER.UNICODE_OK;
const ROOT_CONTAINER_FLAGS = CONTAINER_FLAGS | AB_CONTAINER.SUBCONTAINERS;

/** PR.EMS_AB_CONTAINERID (MS-OXOABK §2.2.2.6): the Global Address Book is 0; Exchange has 7000 for All Address Lists. */
const CONTAINER_ID = { GLOBAL: 0, LISTS: 7000 };

const CONTAINER_COLUMNS = [
  PR.ENTRYID,
  PR.DISPLAY_NAME,
  PR.INSTANCE_KEY,
  PR.DISPLAY_TYPE,
  PR.OBJECT_TYPE,
  PR.RECORD_KEY,
  PR.SEARCH_KEY,
];
const PEOPLE_COLUMNS = [
  PR.ENTRYID,
  PR.DISPLAY_NAME,
  PR.INSTANCE_KEY,
  PR.ADDRTYPE,
  PR.DISPLAY_TYPE,
  PR.OBJECT_TYPE,
  PR.EMAIL_ADDRESS,
  PR.SMTP_ADDRESS,
  PR.SEARCH_KEY,
  PR.RECORD_KEY,
];

/** What both kinds of table offer. */
const OFFERED = [
  PR.INSTANCE_KEY,
  PR.RECORD_KEY,
  PR.OBJECT_TYPE,
  PR.ENTRYID,
  PR.DISPLAY_NAME,
  PR.CREATION_TIME,
  PR.LAST_MODIFICATION_TIME,
  PR.AB_PROVIDER_ID,
  PR.DISPLAY_TYPE,
  PR.DISPLAY_TYPE_EX,
];
const CONTAINERS_OFFER = inOrder([...OFFERED, PR.DEPTH, PR.CONTAINER_FLAGS, PR.EMS_AB_CONTAINERID]);
const PEOPLE_OFFER = inOrder([...OFFERED, PR.SMTP_ADDRESS]);

function inOrder(tags: PropertyTag[]): PropertyTag[] {
  return tags.sort((a, b) => (a >>> 0) - (b >>> 0));
}

export interface AddressTableOptions {
  /** Containers at every depth. */
  deep: boolean;
  /** Text columns that nobody set are Unicode. */
  unicode: boolean;
}

/** Text columns in the type that a table was opened for. */
const texts = (tags: readonly PropertyTag[], unicode: boolean): PropertyTag[] =>
  tags.map((tag) => (!unicode && tag === PR.DISPLAY_NAME ? withType(tag, PT.STRING8) : tag));

/** Containers of the address book: the global one with the companies that the caller sees, and the one of address lists. */
export function containerTable(call: Call, entryId: Buffer, { deep, unicode }: AddressTableOptions): RowSource {
  const { id } = decodeAddressBookId(entryId);
  return {
    ...simpleTable(texts(CONTAINER_COLUMNS, unicode), async () => {
      if (id === GLOBAL_ID) return companyRows(call, deep ? 0 : undefined);
      if (id !== 0) return [];
      const depth = deep ? 0 : undefined;
      return [
        containerRow(GLOBAL_ID, await containerBag(call, GLOBAL_ID), depth),
        ...(deep ? await companyRows(call, 1) : []),
        containerRow(LISTS_ID, await containerBag(call, LISTS_ID), depth),
      ];
    }),
    offered: texts(CONTAINERS_OFFER, unicode),
  };
}

/** Companies below the Global Address Book, for who sees more than one. */
async function companyRows(call: Call, depth: number | undefined): Promise<Row[]> {
  const { scope } = call.session.caller;
  if (scope === 'all' || scope.length <= 1) return [];
  const companies = await listCompanies(call.context.store.db, scope);
  return companies.map((company) => containerRow(wireId(company), companyBag(company), depth));
}

const companyBag = (company: DirectoryEntry): PropertyBag =>
  describeContainer(
    personEntryId(company),
    company.name,
    DT.NOT_SPECIFIC,
    GLOBAL_ADDRESS_BOOK,
    CONTAINER_FLAGS,
    wireId(company),
  );

/** A container of the address book. Throws NOT_FOUND for one that is not there for the caller. */
export async function containerBag(call: Call, id: number): Promise<PropertyBag> {
  if (id === 0) return describeContainer(AB_ROOT, 'Kopano Address Book', DT.GLOBAL, undefined, ROOT_CONTAINER_FLAGS, 0);
  if (id === GLOBAL_ID)
    return describeContainer(
      GLOBAL_ADDRESS_BOOK,
      'Global Address Book',
      DT.NOT_SPECIFIC,
      AB_ROOT,
      CONTAINER_FLAGS,
      CONTAINER_ID.GLOBAL,
    );
  if (id === LISTS_ID)
    return describeContainer(
      ALL_ADDRESS_LISTS,
      'All Address Lists',
      DT.NOT_SPECIFIC,
      AB_ROOT,
      CONTAINER_FLAGS,
      CONTAINER_ID.LISTS,
    );
  const company = await personByWireId(call, id);
  if (company.kind !== 'company') throw new PamojaError('NOT_FOUND', 'no such container');
  return companyBag(company);
}

function describeContainer(
  entryId: Buffer,
  name: string,
  displayType: number,
  parent: Buffer | undefined,
  flags: number,
  containerId: number,
): PropertyBag {
  return new Map<number, PropertyValue>([
    [PR.ENTRYID, entryId],
    [PR.CONTAINER_FLAGS, flags],
    [PR.DISPLAY_NAME, name],
    [PR.EMS_AB_IS_MASTER, parent === undefined],
    [PR.OBJECT_TYPE, OBJECT.AB_CONTAINER],
    [PR.DISPLAY_TYPE, displayType],
    [PR.SEARCH_KEY, entryId],
    [PR.RECORD_KEY, entryId],
    [PR.AB_PROVIDER_ID, ADDRESS_BOOK_GUID],
    [PR.ACCOUNT, name],
    ...(parent
      ? ([
          [PR.EMS_AB_CONTAINERID, containerId],
          [PR.EMS_AB_PARENT_ENTRYID, parent],
          [PR.PARENT_ENTRYID, parent],
        ] as const)
      : []),
  ]);
}

function containerRow(id: number, bag: PropertyBag, depth: number | undefined): Row {
  const key = Buffer.alloc(8);
  key.writeUInt32LE(id, 0);
  key.writeUInt32LE(id, 4);
  if (depth !== undefined) bag.set(PR.DEPTH, depth);
  return bagRow(key, bag);
}

/** The people and groups of a container, or of a group. Who is hidden is not among them. */
export function peopleTable(call: Call, entryId: Buffer, unicode: boolean): RowSource {
  const { id, type } = decodeAddressBookId(entryId);
  if (type === OBJECT.AB_CONTAINER && id === LISTS_ID)
    throw new PamojaError('INVALID_PARAMETER', 'address lists have no people of their own');
  const source = simpleTable(PEOPLE_COLUMNS, async () => {
    const people = type === OBJECT.DIST_LIST ? await membersOfGroup(call, 0, entryId) : await peopleOf(call, entryId);
    const companies = await companyNames(call);
    const everyone = type === OBJECT.AB_CONTAINER ? [bagRow(instanceKey(EVERYONE_ID), everyoneBag())] : [];
    return [
      ...everyone,
      ...people
        .filter(({ hidden }) => !hidden)
        .map((person) => bagRow(instanceKey(wireId(person)), addressBag(call, person, companies))),
    ];
  });
  return { ...source, offered: texts(PEOPLE_OFFER, unicode) };
}

async function peopleOf(call: Call, entryId: Buffer): Promise<DirectoryEntry[]> {
  const { scope } = call.session.caller;
  const { db } = call.context.store;
  const container = idOf(0, entryId);
  const company = container <= 1 ? undefined : fromWireId(container);
  if (company && company.kind !== 'company') throw new PamojaError('NOT_FOUND', 'no such container');
  if (company && scope !== 'all' && !scope.includes(company.id))
    throw new PamojaError('NOT_FOUND', 'no such container');
  const within = company ? [company.id] : scope;
  return [...(await listUsersOf(db, within)), ...(await listGroupsOf(db, within))];
}
