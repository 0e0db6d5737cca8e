import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import { type FolderId, newGuid, type StoreRef, type TenantId, type UserId } from '../engine/ids.ts';
import { createStoreRow, type LockedStore } from '../engine/store-lock.ts';
import { insertFolder } from '../folders/create-folder.ts';
import { DEFAULT_FOLDERS, defaultFolderName, type FolderRole, HIDDEN_FOLDERS } from '../folders/default-folders.ts';
import { insertFreeBusyFolders } from './free-busy-folders.ts';

/** Makes a user's private store with its default folders, named in the language of `locale`, within the caller's transaction. */
export async function createStore(
  tx: Database,
  tenant: TenantId,
  user: UserId,
  locale: string,
  now: number,
): Promise<StoreRef> {
  const row = { ...newStore(tenant, now), user_id: user, kind: 'private', locale };
  return createStoreRow({ tx, now }, row, async (store) => {
    const add = adder(store, now);
    const root = await add(null, 'root', 'root', '');
    const subtree = await add(root, 'subtree', 'IPM_SUBTREE', '');
    for (const { role, name, containerClass } of HIDDEN_FOLDERS) await add(root, role, name, containerClass);
    for (const { role, containerClass } of DEFAULT_FOLDERS) {
      const folder = await add(subtree, role, defaultFolderName(role, locale), containerClass);
      if (role === 'inbox') await store.update({ inbox_folder_id: folder });
    }
  });
}

/** Makes the public store of a tenant, which every user can open (manual 8.1). Throws COLLISION when it has one. */
export async function createPublicStore(
  tx: Database,
  tenant: TenantId,
  locale: string,
  now: number,
): Promise<StoreRef> {
  const there = await tx
    .selectFrom('stores')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('kind', '=', 'public')
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (there) throw new PamojaError('COLLISION', 'the tenant has a public store');
  const row = { ...newStore(tenant, now), user_id: null, kind: 'public', locale };
  return createStoreRow({ tx, now }, row, async (store) => {
    const add = adder(store, now);
    const root = await add(null, 'root', 'root', '');
    await add(root, 'subtree', 'IPM_SUBTREE', '');
    const other = await add(root, 'non-ipm-subtree', 'NON_IPM_SUBTREE', '');
    await insertFreeBusyFolders(store, other, now);
  });
}

const newStore = (tenant: TenantId, now: number) => ({
  tenant_id: tenant,
  guid: newGuid(now),
  inbox_folder_id: null,
});

/** Adds folders to a new store; those that hold mail are subscribed to. */
const adder =
  (store: LockedStore, now: number) =>
  (parent: FolderId | null, role: FolderRole, name: string, containerClass: string): Promise<FolderId> =>
    insertFolder(store, { parent, role, name, containerClass, subscribed: containerClass === 'IPF.Note' }, now);
