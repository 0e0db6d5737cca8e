import { type DirectoryEntry, listCompanies } from '../../shared/directory/entries/entries.ts';
import { userFeatures } from '../../shared/directory/entries/features.ts';
import { ADDRESS_BOOK_GUID } from '../../shared/mapi/entry-id.ts';
import { OBJECT, type PropertyBag, type PropertyValue } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import type { TenantId } from '../../shared/store/engine/ids.ts';
import { instanceKey } from '../../shared/store/messages/mapi-properties.ts';
import {
  EVERYONE_ENTRY_ID,
  EVERYONE_ID,
  personEntryId,
  SYSTEM_ENTRY_ID,
  SYSTEM_ID,
  searchKey,
  wireId,
} from './address-ids.ts';
import type { Call } from './operations/operation.ts';
import { SERVER_NAME } from './server-name.ts';

const DT = { MAIL_USER: 0, DIST_LIST: 1, ROOM: 7, EQUIPMENT: 8 };
const DTE_ACL = 0x4000_0000;
const ADDRESS_TYPE = 'ZARAFA';

/** Names of companies by number; on a server with one company it has none. */
export type CompanyNames = ReadonlyMap<TenantId, string>;

/** The names of the companies that the caller sees. */
export async function companyNames({ context, session }: Call): Promise<CompanyNames> {
  if (!context.store.options.enable_hosted_kopano) return new Map();
  const companies = await listCompanies(context.store.db, session.caller.scope);
  return new Map(companies.map(({ tenant, name }) => [tenant, name]));
}

/** What the address book tells of somebody; the same for everybody who may see them. */
export function addressBag(
  { context }: Pick<Call, 'context'>,
  person: DirectoryEntry,
  companies: CompanyNames,
): PropertyBag {
  const bag = bagOfPerson(context, person);
  bag.set(PR_EC_COMPANY_NAME, companies.get(person.tenant) ?? '');
  return bag;
}

const PR_EC_COMPANY_NAME = 0x6748001f;

function bagOfPerson(context: Call['context'], person: DirectoryEntry): PropertyBag {
  return person.kind === 'group' ? groupBag(person) : userBag(context.store.options, person);
}

const recordKey = (id: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(id, 0);
  return bytes;
};

function userBag(options: Call['context']['store']['options'], user: DirectoryEntry): PropertyBag {
  const display = user.type === 'room' ? DT.ROOM : user.type === 'equipment' ? DT.EQUIPMENT : DT.MAIL_USER;
  return new Map<number, PropertyValue>([
    [PR.ENTRYID, personEntryId(user)],
    [PR.INSTANCE_KEY, instanceKey(wireId(user))],
    [PR.DISPLAY_NAME, user.fullName],
    [0x3003001f, user.name],
    [PR.OBJECT_TYPE, OBJECT.MAIL_USER],
    [0x39000003, display],
    [0x300b0102, searchKey(ADDRESS_TYPE, user.email)],
    [0x3002001f, ADDRESS_TYPE],
    [PR.RECORD_KEY, recordKey(wireId(user))],
    [0x3a00001f, user.name],
    [0x39fe001f, user.email],
    [0x3a20001f, user.fullName],
    [0x8006001f, `/o=Domain/ou=Location/cn=Configuration/cn=Servers/cn=${SERVER_NAME}/cn=Microsoft Private MDB`],
    [0x800f101f, [`SMTP:${user.email}`, ...user.aliases.map((alias) => `smtp:${alias}`)]],
    [0x67b10003, user.adminLevel],
    [0x67b0000b, user.hidden],
    [0x36150102, ADDRESS_BOOK_GUID],
    [0x39050003, display | DTE_ACL],
    [0x67b3101f, [...userFeatures(user.featuresOn, user.featuresOff, options)].sort()],
    [0x08070003, 0],
  ]);
}

function groupBag(group: DirectoryEntry): PropertyBag {
  return new Map<number, PropertyValue>([
    [PR.ENTRYID, personEntryId(group)],
    [PR.INSTANCE_KEY, instanceKey(wireId(group))],
    [PR.DISPLAY_NAME, group.fullName],
    [0x3003001f, group.name],
    [PR.OBJECT_TYPE, OBJECT.DIST_LIST],
    [0x39000003, DT.DIST_LIST],
    [0x300b0102, searchKey(ADDRESS_TYPE, group.email || group.name)],
    [0x3002001f, ADDRESS_TYPE],
    [PR.RECORD_KEY, recordKey(wireId(group))],
    [0x3a00001f, group.name],
    [0x39fe001f, group.email],
    [0x67b0000b, group.hidden],
    [0x36150102, ADDRESS_BOOK_GUID],
    [0x39050003, DT.DIST_LIST | DTE_ACL],
  ]);
}

/** The group of all users. */
export const everyoneBag = (): PropertyBag =>
  new Map<number, PropertyValue>([
    [PR.ENTRYID, EVERYONE_ENTRY_ID],
    [PR.INSTANCE_KEY, instanceKey(EVERYONE_ID)],
    [PR.DISPLAY_NAME, 'Everyone'],
    [0x3003001f, 'Everyone'],
    [PR.OBJECT_TYPE, OBJECT.DIST_LIST],
    [0x39000003, DT.DIST_LIST],
    [0x300b0102, searchKey(ADDRESS_TYPE, 'Everyone')],
    [0x3002001f, ADDRESS_TYPE],
    [PR.RECORD_KEY, recordKey(EVERYONE_ID)],
    [0x3a00001f, 'Everyone'],
    [0x39fe001f, ''],
    [0x67b0000b, false],
    [0x36150102, ADDRESS_BOOK_GUID],
    [0x39050003, DT.DIST_LIST | DTE_ACL],
  ]);

export const systemBag = (): PropertyBag =>
  new Map<number, PropertyValue>([
    [PR.ENTRYID, SYSTEM_ENTRY_ID],
    [PR.DISPLAY_NAME, 'SYSTEM'],
    [0x3003001f, 'SYSTEM'],
    [PR.OBJECT_TYPE, OBJECT.MAIL_USER],
    [0x39000003, DT.MAIL_USER],
    [0x300b0102, searchKey(ADDRESS_TYPE, 'postmaster@localhost')],
    [0x3002001f, ADDRESS_TYPE],
    [PR.RECORD_KEY, recordKey(SYSTEM_ID)],
    [0x3a00001f, 'SYSTEM'],
    [0x39fe001f, 'postmaster@localhost'],
    [0x67b10003, 2],
    [0x67b0000b, true],
    [0x36150102, ADDRESS_BOOK_GUID],
  ]);
