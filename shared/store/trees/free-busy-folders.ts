import type { StoreContext } from '../engine/context.ts';
import type { FolderId } from '../engine/ids.ts';
import { changeStore, type LockedStore } from '../engine/store-lock.ts';
import { insertFolder } from '../folders/create-folder.ts';
import type { FolderRole } from '../folders/default-folders.ts';
import { type Folder, listFolders } from '../folders/folder.ts';
import { ALL_RIGHTS, EVERYONE_MEMBER, RIGHT } from '../folders/rights.ts';
import type { MapiStore } from '../stores/stores.ts';

/** The folders in which free and busy times are published, the outer one first, with the rights of Everyone: clients write into the one of this server. */
const FOLDERS: readonly { role: FolderRole; name: string; rights: number }[] = [
  { role: 'free-busy', name: 'SCHEDULE+ FREE BUSY', rights: RIGHT.READ | RIGHT.VISIBLE },
  { role: 'local-free-busy', name: 'Zarafa 1', rights: ALL_RIGHTS },
];

/** Makes the folders of a public store in which free and busy times are published, under its lock. */
export async function insertFreeBusyFolders(store: LockedStore, nonIpmSubtree: FolderId, now: number): Promise<void> {
  let parent = nonIpmSubtree;
  for (const { role, name, rights } of FOLDERS) {
    const folder = await insertFolder(store, { parent, role, name }, now);
    await store.tx
      .insertInto('acls')
      .values({
        tenant_id: store.tenant,
        store_id: store.store,
        folder_id: folder,
        kind: EVERYONE_MEMBER.kind,
        member_id: EVERYONE_MEMBER.member,
        denied: 0,
        rights,
      })
      .execute();
    parent = folder;
  }
}

/**
 * The folders of a public store; makes those for free and busy times where they are missing, as in a store of an earlier version. In a store
 * that a client has made, only the client makes them.
 */
export async function withFreeBusyFolders(
  context: StoreContext,
  store: MapiStore,
  folders: Folder[],
): Promise<Folder[]> {
  if (store.kind !== 'public' || !nonIpmSubtreeWithout(folders)) return folders;
  await changeStore(context, store, async (locked) => {
    // Another call may have made them before this one had the lock.
    const parent = nonIpmSubtreeWithout(await listFolders(locked.tx, store));
    if (parent) await insertFreeBusyFolders(locked, parent, context.clock());
  });
  return listFolders(context.db, store);
}

/** NON_IPM_SUBTREE of a store that has no folder for free and busy times. */
function nonIpmSubtreeWithout(folders: readonly Folder[]): FolderId | undefined {
  const has = folders.some(({ role }) => role === 'free-busy' || role === 'local-free-busy');
  return has ? undefined : folders.find(({ role }) => role === 'non-ipm-subtree')?.id;
}
