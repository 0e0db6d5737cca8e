import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreRef } from '../engine/ids.ts';
import { changeStore, type LockedStore } from '../engine/store-lock.ts';
import type { FolderRole } from './default-folders.ts';
import { FOLDER_TYPE, type Folder, liveFolder } from './folder.ts';

/** Gives a folder a role, and takes it from the folder that had it. Throws NOT_FOUND, and NO_SUPPORT for a search folder. */
export async function setFolderRole(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  role: FolderRole,
): Promise<void> {
  await changeStore(context, ref, async (store) =>
    giveRole(store, await holderOfMessages(store.tx, ref, folder), role),
  );
}

/** A live folder of the store that messages can be put into. Throws NOT_FOUND, and NO_SUPPORT for a search folder. */
export async function holderOfMessages(tx: Database, ref: StoreRef, folder: FolderId): Promise<Folder> {
  const found = await liveFolder(tx, ref, folder);
  if (found.type === FOLDER_TYPE.SEARCH)
    throw new PamojaError('NO_SUPPORT', 'a search folder has no messages of its own');
  return found;
}

/** Gives a folder a role under the lock of its store, and takes it from the folder that had it. */
export async function giveRole(store: LockedStore, folder: Pick<Folder, 'id'>, role: FolderRole): Promise<void> {
  const roles = store.folders('role');
  await roles.update().set({ role: null }).where('role', '=', role).execute();
  await roles.update().set({ role }).where('id', '=', folder.id).execute();
  if (role === 'inbox') await store.update({ inbox_folder_id: folder.id });
}
