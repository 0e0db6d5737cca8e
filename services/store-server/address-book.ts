import { type DirectoryEntry, listCompanies } from '../../shared/directory/entries/entries.ts';
import { userFeatures } from '../../shared/directory/entries/features.ts';
import { DT, DTE_FLAG_ACL_CAPABLE } from '../../shared/mapi/display-types.ts';
import { ADDRESS_BOOK_GUID } from '../../shared/mapi/entry-id.ts';
import type { PropertyBag, PropertyValue } from '../../shared/mapi/property.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import type { TenantId } from '../../shared/store/engine/ids.ts';
import { instanceKey } from '../../shared/store/messages/message-properties.ts';
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
  bag.set(PR.EC_COMPANY_NAME, companies.get(person.tenant) ?? '');
  return bag;
}

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
    [PR.EMAIL_ADDRESS, user.name],
    [PR.OBJECT_TYPE, OBJECT.MAIL_USER],
    [PR.DISPLAY_TYPE, display],
    [PR.SEARCH_KEY, searchKey(ADDRESS_TYPE, user.email)],
    [PR.ADDRTYPE, ADDRESS_TYPE],
    [PR.RECORD_KEY, recordKey(wireId(user))],
    [PR.ACCOUNT, user.name],
    [PR.SMTP_ADDRESS, user.email],
    [PR.TRANSMITABLE_DISPLAY_NAME, user.fullName],
    [
      PR.EMS_AB_HOME_MDB,
      `/o=Domain/ou=Location/cn=Configuration/cn=Servers/cn=${SERVER_NAME}/cn=Microsoft Private MDB`,
    ],
    [PR.EMS_AB_PROXY_ADDRESSES, [`SMTP:${user.email}`, ...user.aliases.map((alias) => `smtp:${alias}`)]],
    [PR.EC_ADMINISTRATOR, user.adminLevel],
    [PR.EC_NONACTIVE, user.hidden],
    [PR.AB_PROVIDER_ID, ADDRESS_BOOK_GUID],
    [PR.DISPLAY_TYPE_EX, display | DTE_FLAG_ACL_CAPABLE],
    [PR.EC_ENABLED_FEATURES, [...userFeatures(user.featuresOn, user.featuresOff, options)].sort()],
    [PR.EMS_AB_ROOM_CAPACITY, 0],
  ]);
}

function groupBag(group: DirectoryEntry): PropertyBag {
  return new Map<number, PropertyValue>([
    [PR.ENTRYID, personEntryId(group)],
    [PR.INSTANCE_KEY, instanceKey(wireId(group))],
    [PR.DISPLAY_NAME, group.fullName],
    [PR.EMAIL_ADDRESS, group.name],
    [PR.OBJECT_TYPE, OBJECT.DIST_LIST],
    [PR.DISPLAY_TYPE, DT.DIST_LIST],
    [PR.SEARCH_KEY, searchKey(ADDRESS_TYPE, group.email || group.name)],
    [PR.ADDRTYPE, ADDRESS_TYPE],
    [PR.RECORD_KEY, recordKey(wireId(group))],
    [PR.ACCOUNT, group.name],
    [PR.SMTP_ADDRESS, group.email],
    [PR.EC_NONACTIVE, group.hidden],
    [PR.AB_PROVIDER_ID, ADDRESS_BOOK_GUID],
    [PR.DISPLAY_TYPE_EX, DT.DIST_LIST | DTE_FLAG_ACL_CAPABLE],
  ]);
}

/** The group of all users. */
export const everyoneBag = (): PropertyBag =>
  new Map<number, PropertyValue>([
    [PR.ENTRYID, EVERYONE_ENTRY_ID],
    [PR.INSTANCE_KEY, instanceKey(EVERYONE_ID)],
    [PR.DISPLAY_NAME, 'Everyone'],
    [PR.EMAIL_ADDRESS, 'Everyone'],
    [PR.OBJECT_TYPE, OBJECT.DIST_LIST],
    [PR.DISPLAY_TYPE, DT.DIST_LIST],
    [PR.SEARCH_KEY, searchKey(ADDRESS_TYPE, 'Everyone')],
    [PR.ADDRTYPE, ADDRESS_TYPE],
    [PR.RECORD_KEY, recordKey(EVERYONE_ID)],
    [PR.ACCOUNT, 'Everyone'],
    [PR.SMTP_ADDRESS, ''],
    [PR.EC_NONACTIVE, false],
    [PR.AB_PROVIDER_ID, ADDRESS_BOOK_GUID],
    [PR.DISPLAY_TYPE_EX, DT.DIST_LIST | DTE_FLAG_ACL_CAPABLE],
  ]);

export const systemBag = (): PropertyBag =>
  new Map<number, PropertyValue>([
    [PR.ENTRYID, SYSTEM_ENTRY_ID],
    [PR.DISPLAY_NAME, 'SYSTEM'],
    [PR.EMAIL_ADDRESS, 'SYSTEM'],
    [PR.OBJECT_TYPE, OBJECT.MAIL_USER],
    [PR.DISPLAY_TYPE, DT.MAIL_USER],
    [PR.SEARCH_KEY, searchKey(ADDRESS_TYPE, 'postmaster@localhost')],
    [PR.ADDRTYPE, ADDRESS_TYPE],
    [PR.RECORD_KEY, recordKey(SYSTEM_ID)],
    [PR.ACCOUNT, 'SYSTEM'],
    [PR.SMTP_ADDRESS, 'postmaster@localhost'],
    [PR.EC_ADMINISTRATOR, 2],
    [PR.EC_NONACTIVE, true],
    [PR.AB_PROVIDER_ID, ADDRESS_BOOK_GUID],
  ]);
