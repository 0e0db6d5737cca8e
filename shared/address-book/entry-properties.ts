import type { Caller } from '../access/caller.ts';
import { type DirectoryEntry, listTenantEntries } from '../directory/entries/entries.ts';
import { userFeatures } from '../directory/entries/features.ts';
import { DT, DTE_FLAG_ACL_CAPABLE } from '../mapi/display-types.ts';
import { ADDRESS_BOOK_GUID } from '../mapi/entry-id.ts';
import type { PropertyBag, PropertyValue } from '../mapi/property.ts';
import { OBJECT } from '../mapi/property-document.ts';
import { PR } from '../mapi/property-tags.ts';
import type { StoreContext } from '../store/engine/context.ts';
import type { TenantId } from '../store/engine/ids.ts';
import { instanceKey } from '../store/messages/message-properties.ts';
import {
  addressBookEntryId,
  addressBookId,
  EVERYONE_ENTRY_ID,
  EVERYONE_ID,
  SYSTEM_ENTRY_ID,
  SYSTEM_ID,
  searchKey,
} from './address-book-ids.ts';
import { SERVER_NAME } from './server-name.ts';

/** The address type of directory entries, as Kopano's clients know it. */
const ADDRESS_TYPE = 'ZARAFA';

/** Names of tenants by id; empty on a server with one tenant, which has no name there. */
export type TenantNames = ReadonlyMap<TenantId, string>;

/** The names of the tenants that the caller sees. */
export async function tenantNames({ db, options }: StoreContext, { scope }: Caller): Promise<TenantNames> {
  if (!options.enable_hosted_kopano) return new Map();
  return new Map((await listTenantEntries(db, scope)).map(({ tenant, name }) => [tenant, name]));
}

/** The address book's properties of a user or group; the same for all who may see the entry. */
export function entryProperties(
  options: StoreContext['options'],
  entry: DirectoryEntry,
  tenants: TenantNames,
): PropertyBag {
  const bag = entry.kind === 'group' ? groupProperties(entry) : userProperties(options, entry);
  bag.set(PR.EC_COMPANY_NAME, tenants.get(entry.tenant) ?? '');
  return bag;
}

const recordKey = (id: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(id, 0);
  return bytes;
};

function userProperties(options: StoreContext['options'], user: DirectoryEntry): PropertyBag {
  const display = user.type === 'room' ? DT.ROOM : user.type === 'equipment' ? DT.EQUIPMENT : DT.MAIL_USER;
  return new Map<number, PropertyValue>([
    [PR.ENTRYID, addressBookEntryId(user)],
    [PR.INSTANCE_KEY, instanceKey(addressBookId(user))],
    [PR.DISPLAY_NAME, user.fullName],
    [PR.EMAIL_ADDRESS, user.name],
    [PR.OBJECT_TYPE, OBJECT.MAIL_USER],
    [PR.DISPLAY_TYPE, display],
    [PR.SEARCH_KEY, searchKey(ADDRESS_TYPE, user.email)],
    [PR.ADDRTYPE, ADDRESS_TYPE],
    [PR.RECORD_KEY, recordKey(addressBookId(user))],
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

function groupProperties(group: DirectoryEntry): PropertyBag {
  return new Map<number, PropertyValue>([
    [PR.ENTRYID, addressBookEntryId(group)],
    [PR.INSTANCE_KEY, instanceKey(addressBookId(group))],
    [PR.DISPLAY_NAME, group.fullName],
    [PR.EMAIL_ADDRESS, group.name],
    [PR.OBJECT_TYPE, OBJECT.DIST_LIST],
    [PR.DISPLAY_TYPE, DT.DIST_LIST],
    [PR.SEARCH_KEY, searchKey(ADDRESS_TYPE, group.email || group.name)],
    [PR.ADDRTYPE, ADDRESS_TYPE],
    [PR.RECORD_KEY, recordKey(addressBookId(group))],
    [PR.ACCOUNT, group.name],
    [PR.SMTP_ADDRESS, group.email],
    [PR.EC_NONACTIVE, group.hidden],
    [PR.AB_PROVIDER_ID, ADDRESS_BOOK_GUID],
    [PR.DISPLAY_TYPE_EX, DT.DIST_LIST | DTE_FLAG_ACL_CAPABLE],
  ]);
}

/** The properties of Everyone, the group of all users. */
export const everyoneProperties = (): PropertyBag =>
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

/** The properties of SYSTEM. */
export const systemProperties = (): PropertyBag =>
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
