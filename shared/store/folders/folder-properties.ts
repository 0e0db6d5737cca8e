import { collisionIfTaken } from '../../database/duplicate-key.ts';
import type { PropertyBag } from '../../mapi/property.ts';
import { changeBag } from '../../mapi/property-bag.ts';
import { encodePropertyDocument } from '../../mapi/property-document.ts';
import type { PropertyTag } from '../../mapi/property-tags.ts';
import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreRef } from '../engine/ids.ts';
import { changeStore } from '../engine/store-lock.ts';
import { NAME_TAKEN, requireFolderName } from './create-folder.ts';
import { type Folder, folderById, liveFolder } from './folder.ts';
import { requireFreeFolderKey } from './free-source-key.ts';

/** A change of a folder's properties. The first three have columns, and stay unchanged where they are left out. */
export interface FolderChanges {
  name?: string | undefined;
  containerClass?: string | undefined;
  sourceKey?: Buffer | undefined;
  set: PropertyBag;
  removed: readonly PropertyTag[];
  /** The synchronisation that changes it. */
  syncId: number;
}

/** Characters of `folders.container_class`. */
const MAX_CONTAINER_CLASS = 64;

/** Sets and removes properties of a folder. Throws NOT_FOUND, and COLLISION for a name or a source key that another folder has. */
export async function changeFolderProperties(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  { name, containerClass, sourceKey: given, set, removed, syncId }: FolderChanges,
): Promise<Folder> {
  if (name !== undefined) requireFolderName(name);
  const sourceKey = given && given.length > 0 ? given : undefined;
  await changeStore(context, ref, async (store) => {
    const { properties } = await liveFolder(store.tx, ref, folder);
    if (sourceKey) await requireFreeFolderKey(store.tx, ref.tenant, sourceKey, folder);
    const change = store.append({ kind: CHANGE.FOLDER_CHANGED, folder, syncId });
    await collisionIfTaken(
      NAME_TAKEN,
      store
        .folders(change)
        .update()
        .set({
          properties: encodePropertyDocument(changeBag(properties, set, removed)),
          modified_at: context.clock(),
          changed_seq: change,
          ...(name === undefined ? {} : { name }),
          ...(containerClass === undefined ? {} : { container_class: containerClass.slice(0, MAX_CONTAINER_CLASS) }),
          ...(sourceKey ? { source_key: sourceKey } : {}),
        })
        .where('id', '=', folder)
        .execute(),
    );
  });
  return folderById(context.db, ref, folder);
}
