import { adminLevelOf } from '../directory/entries/user-id.ts';
import { PamojaError } from '../mapi/error.ts';
import type { StoreContext } from '../store/engine/context.ts';
import type { FolderId } from '../store/engine/ids.ts';
import { listFolders } from '../store/folders/folder.ts';
import { ALL_RIGHTS, aclOfStore, rightsIn } from '../store/folders/rights.ts';
import { type MapiStore, storeByGuid } from '../store/stores/stores.ts';
import { type Caller, refreshCaller } from './caller.ts';
import { mayAdminister } from './may-administer.ts';

/**
 * Whether the caller has every right on a store: on its own, on one of a tenant that it administers, or as SYSTEM on any. A mailbox of
 * a user with more rights than the caller is excepted: what comes into it, such as a new password, would give the caller those rights.
 */
export async function ownsStore(context: StoreContext, caller: Caller, store: MapiStore): Promise<boolean> {
  if (caller.system || caller.administers === 'all') return true;
  if (store.kind !== 'public' && store.user === caller.user && store.tenant === caller.tenant) return true;
  if (!caller.administers.includes(store.tenant)) return false;
  if (store.user === null) return true;
  const { db } = context;
  const adminLevel = await adminLevelOf(db, store.tenant, store.user);
  // The user was deleted: the store is an orphan of the tenant.
  if (adminLevel === undefined) return true;
  const owner = { tenant: store.tenant, id: store.user, adminLevel };
  return mayAdminister(db, { reaches: caller.administers, administers: caller.administers }, owner);
}

/** Finds a store by its GUID. Throws NOT_FOUND, also for a store of a tenant that the caller does not see. */
export async function findStore(context: StoreContext, caller: Caller, guid: Buffer): Promise<MapiStore> {
  return storeByGuid(context.db, caller.scope, guid);
}

/** The caller's rights on a folder. */
export async function rightsOn(
  context: StoreContext,
  caller: Caller,
  store: MapiStore,
  folder: FolderId,
): Promise<number> {
  return (await rightsOnEach(context, caller, store))(folder);
}

/** The caller's rights on each folder of a store as they are now; 0 on a folder that is created later. */
export async function rightsOnEach(
  context: StoreContext,
  caller: Caller,
  store: MapiStore,
): Promise<(folder: FolderId) => number> {
  // Notifications are checked outside of any call, so the caller is read again here.
  await refreshCaller(context, caller);
  if (await ownsStore(context, caller, store)) return () => ALL_RIGHTS;
  const { db } = context;
  const [folders, acl] = await Promise.all([listFolders(db, store), aclOfStore(db, store)]);
  // Group ids are unique within a tenant only. Everyone (0) is in each tenant, and counts for callers of that tenant alone.
  const groups = store.tenant === caller.tenant ? caller.groups : [];
  const known = new Set(folders.map(({ id }) => id));
  const rights = rightsIn(store.kind, acl, folders, { tenant: caller.tenant, user: caller.user, groups });
  return (folder) => (known.has(folder) ? rights(folder) : 0);
}

/** Whether the caller has a right on each folder. */
export async function mayInEach(
  context: StoreContext,
  caller: Caller,
  store: MapiStore,
  right: number,
): Promise<(folder: FolderId) => boolean> {
  const rights = await rightsOnEach(context, caller, store);
  return (folder) => (rights(folder) & right) === right;
}

/** Throws NO_ACCESS, also where the caller may not even see the folder: whoever has its entry id knows of it already. */
export function requireRight({ rights }: { rights: number }, right: number): void {
  if ((rights & right) !== right) throw new PamojaError('NO_ACCESS', 'you may not do that here');
}
