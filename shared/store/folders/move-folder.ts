import { collisionIfTaken } from '../../database/duplicate-key.ts';
import { PamojaError } from '../../mapi/error.ts';
import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreRef } from '../engine/ids.ts';
import { changeStore } from '../engine/store-lock.ts';
import { NAME_TAKEN, requireFolderName, requireParent } from './create-folder.ts';
import { isProtected, liveFolder } from './folder.ts';

/** Where a folder goes, and the name that it has there. */
export interface FolderPlace {
  parent: FolderId;
  name: string;
  /** The synchronisation that moves it; 0: none. */
  syncId: number;
}

/**
 * Renames a folder, moves it with all below it within its store, or both. Throws NOT_FOUND for a folder or a parent that is gone, COLLISION,
 * FOLDER_CYCLE for a move into itself, NO_SUPPORT for one into a search folder, and NO_ACCESS for a protected folder that would leave its parent.
 */
export async function moveFolder(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  { parent, name, syncId }: FolderPlace,
): Promise<void> {
  requireFolderName(name);
  await changeStore(context, ref, async (store) => {
    const moved = await liveFolder(store.tx, ref, folder);
    await requireParent(store.tx, ref, parent);
    for (let at: FolderId | null = parent; at !== null; ) {
      if (at === folder) throw new PamojaError('FOLDER_CYCLE', 'a folder cannot be moved into itself');
      at = (await liveFolder(store.tx, ref, at)).parent;
    }
    if (isProtected(moved) && moved.parent !== parent)
      throw new PamojaError('NO_ACCESS', 'a default folder cannot be moved');
    const change = store.append({ kind: CHANGE.FOLDER_CHANGED, folder, syncId });
    await collisionIfTaken(
      NAME_TAKEN,
      store
        .folders(change)
        .update()
        .set({ parent_id: parent, name, modified_at: context.clock(), changed_seq: change })
        .where('id', '=', folder)
        .execute(),
    );
  });
}
