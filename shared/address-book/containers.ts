import type { Caller } from '../access/caller.ts';
import { type DirectoryEntry, listGroupsOf, listTenantEntries, listUsersOf } from '../directory/entries/entries.ts';
import { AB_CONTAINER, DT } from '../mapi/display-types.ts';
import { ADDRESS_BOOK_GUID, decodeAddressBookId, encodeAddressBookId } from '../mapi/entry-id.ts';
import { PamojaError } from '../mapi/error.ts';
import type { PropertyBag, PropertyValue } from '../mapi/property.ts';
import { OBJECT } from '../mapi/property-document.ts';
import { PR } from '../mapi/property-tags.ts';
import type { StoreContext } from '../store/engine/context.ts';
import { addressBookEntryId, addressBookId, directoryIdOf, requestedId } from './address-book-ids.ts';
import { findEntry } from './find-entry.ts';
import { groupMembers } from './group-members.ts';

const containerEntryId = (id: number): Buffer =>
  encodeAddressBookId({ type: OBJECT.AB_CONTAINER, id, external: Buffer.alloc(0) });

const ROOT_ID = 0;
/** The Global Address Book: all entries that the caller sees. */
const GLOBAL_ID = 1;
/** All Address Lists. There are none; clients ask for the container all the same. */
const LISTS_ID = 2;

const AB_ROOT = containerEntryId(ROOT_ID);
export const GLOBAL_ADDRESS_BOOK = containerEntryId(GLOBAL_ID);

const CONTAINER_FLAGS = AB_CONTAINER.RECIPIENTS | AB_CONTAINER.UNMODIFIABLE | AB_CONTAINER.UNICODE_OK;
const ROOT_CONTAINER_FLAGS = CONTAINER_FLAGS | AB_CONTAINER.SUBCONTAINERS;

/** PR.EMS_AB_CONTAINERID (MS-OXOABK §2.2.2.6): the Global Address Book is 0; Exchange has 7000 for All Address Lists. */
const CONTAINER_ID = { GLOBAL: 0, LISTS: 7000 };

/** A container of the address book. */
export interface Container {
  id: number;
  properties: PropertyBag;
}

const ROOT: ContainerDescription = {
  id: ROOT_ID,
  entryId: AB_ROOT,
  name: 'Kopano Address Book',
  displayType: DT.GLOBAL,
  flags: ROOT_CONTAINER_FLAGS,
};
const GLOBAL: ContainerDescription = {
  id: GLOBAL_ID,
  entryId: GLOBAL_ADDRESS_BOOK,
  name: 'Global Address Book',
  displayType: DT.NOT_SPECIFIC,
  flags: CONTAINER_FLAGS,
  below: { parent: AB_ROOT, containerId: CONTAINER_ID.GLOBAL },
};
const LISTS: ContainerDescription = {
  id: LISTS_ID,
  entryId: containerEntryId(LISTS_ID),
  name: 'All Address Lists',
  displayType: DT.NOT_SPECIFIC,
  flags: CONTAINER_FLAGS,
  below: { parent: AB_ROOT, containerId: CONTAINER_ID.LISTS },
};

/** The containers directly below one, or with `deep` at every depth; PR_DEPTH is set with `deep` alone. */
export async function containersBelow(
  context: StoreContext,
  caller: Caller,
  entryId: Buffer,
  deep: boolean,
): Promise<Container[]> {
  const { id } = decodeAddressBookId(entryId);
  const depth = deep ? 0 : undefined;
  if (id === GLOBAL_ID) return tenantContainers(context, caller, depth);
  if (id !== ROOT_ID) return [];
  return [
    container(GLOBAL, depth),
    ...(deep ? await tenantContainers(context, caller, 1) : []),
    container(LISTS, depth),
  ];
}

/** The tenants below the Global Address Book, for a caller who sees more than one. */
async function tenantContainers(
  { db }: StoreContext,
  { scope }: Caller,
  depth: number | undefined,
): Promise<Container[]> {
  if (scope === 'all' || scope.length <= 1) return [];
  return (await listTenantEntries(db, scope)).map((tenant) => container(ofTenant(tenant), depth));
}

function container(description: ContainerDescription, depth: number | undefined): Container {
  const properties = propertiesOf(description);
  if (depth !== undefined) properties.set(PR.DEPTH, depth);
  return { id: description.id, properties };
}

/** The properties of a container. Throws NOT_FOUND for one that the caller does not see. */
export async function containerProperties({ db }: StoreContext, caller: Caller, id: number): Promise<PropertyBag> {
  const known = [ROOT, GLOBAL, LISTS].find((each) => each.id === id);
  if (known) return propertiesOf(known);
  const tenant = await findEntry(db, caller, id);
  if (tenant.kind !== 'company') throw new PamojaError('NOT_FOUND', 'no such container');
  return propertiesOf(ofTenant(tenant));
}

interface ContainerDescription {
  id: number;
  entryId: Buffer;
  name: string;
  displayType: number;
  flags: number;
  /** All but the root have a container above them. */
  below?: { parent: Buffer; containerId: number };
}

const ofTenant = (tenant: DirectoryEntry): ContainerDescription => ({
  id: addressBookId(tenant),
  entryId: addressBookEntryId(tenant),
  name: tenant.name,
  displayType: DT.NOT_SPECIFIC,
  flags: CONTAINER_FLAGS,
  below: { parent: GLOBAL_ADDRESS_BOOK, containerId: addressBookId(tenant) },
});

const propertiesOf = ({ entryId, name, displayType, flags, below }: ContainerDescription): PropertyBag =>
  new Map<number, PropertyValue>([
    [PR.ENTRYID, entryId],
    [PR.CONTAINER_FLAGS, flags],
    [PR.DISPLAY_NAME, name],
    [PR.EMS_AB_IS_MASTER, below === undefined],
    [PR.OBJECT_TYPE, OBJECT.AB_CONTAINER],
    [PR.DISPLAY_TYPE, displayType],
    [PR.SEARCH_KEY, entryId],
    [PR.RECORD_KEY, entryId],
    [PR.AB_PROVIDER_ID, ADDRESS_BOOK_GUID],
    [PR.ACCOUNT, name],
    ...(below
      ? ([
          [PR.EMS_AB_CONTAINERID, below.containerId],
          [PR.EMS_AB_PARENT_ENTRYID, below.parent],
          [PR.PARENT_ENTRYID, below.parent],
        ] as const)
      : []),
  ]);

/** Throws INVALID_PARAMETER for All Address Lists, which has no entries of its own. */
export function requireHasEntries(entryId: Buffer): void {
  const { id, type } = decodeAddressBookId(entryId);
  if (type === OBJECT.AB_CONTAINER && id === LISTS_ID)
    throw new PamojaError('INVALID_PARAMETER', 'address lists have no entries of their own');
}

/** The users and groups of a container, or the members of a group, without hidden ones. Throws NOT_FOUND. */
export async function entriesIn(
  { db }: StoreContext,
  caller: Caller,
  entryId: Buffer,
): Promise<{ entries: DirectoryEntry[]; everyone: boolean }> {
  const { type } = decodeAddressBookId(entryId);
  let entries: DirectoryEntry[];
  if (type === OBJECT.DIST_LIST) entries = await groupMembers(db, caller, 0, entryId);
  else {
    const tenants = tenantsIn(caller, entryId);
    entries = [...(await listUsersOf(db, tenants)), ...(await listGroupsOf(db, tenants))];
  }
  return { entries: entries.filter(({ hidden }) => !hidden), everyone: type === OBJECT.AB_CONTAINER };
}

/** The tenants whose entries a container has. */
function tenantsIn({ scope }: Caller, entryId: Buffer): Caller['scope'] {
  const id = requestedId(0, entryId);
  if (id <= GLOBAL_ID) return scope;
  const tenant = directoryIdOf(id);
  if (tenant?.kind !== 'company' || (scope !== 'all' && !scope.includes(tenant.id)))
    throw new PamojaError('NOT_FOUND', 'no such container');
  return [tenant.id];
}
