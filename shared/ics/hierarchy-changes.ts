import type { Caller } from '../access/caller.ts';
import { mayInEach } from '../access/store-rights.ts';
import { PamojaError } from '../mapi/error.ts';
import { ICS } from '../mapi/sync-flags.ts';
import { CHANGE, folderChangesAfter } from '../store/engine/changes.ts';
import type { StoreContext } from '../store/engine/context.ts';
import type { FolderId } from '../store/engine/ids.ts';
import { folderSourceKey } from '../store/folders/change-keys.ts';
import { type Folder, folderById, foldersBelow } from '../store/folders/folder.ts';
import { RIGHT } from '../store/folders/rights.ts';
import type { MapiStore } from '../store/stores/stores.ts';
import type { SyncPoint } from './content-changes.ts';
import { byChangeId, type IcsChange, icsChange } from './ics-change.ts';

/** The folders of a store to be synchronised, those below `top` where one is given. */
export interface SyncedHierarchy {
  store: MapiStore;
  folders: readonly Folder[];
  top: Folder | undefined;
}

/** The changed folders that the caller sees, after change 0 all of them with each folder after its parent. */
export async function hierarchyChanges(
  context: StoreContext,
  caller: Caller,
  { store, folders, top }: SyncedHierarchy,
  { after, syncId }: SyncPoint,
): Promise<IcsChange[]> {
  const visible = await mayInEach(context, caller, store, RIGHT.VISIBLE);
  const all = top ? foldersBelow(folders, top.id) : folders.filter(({ parent }) => parent !== null);
  const within = new Map(all.filter(({ id }) => visible(id)).map((folder) => [folder.id, folder]));
  const byId = new Map(folders.map((folder) => [folder.id, folder]));
  const parentOf = (folder: Folder) => (folder.parent === null ? undefined : byId.get(folder.parent)) ?? folder;
  if (after === 0)
    return [...within.values()].map((folder) =>
      icsChange(parentOf(folder), folderSourceKey(folder), folder.changedSeq, ICS.FOLDER_NEW),
    );
  const entries = (await folderChangesAfter(context.db, store, after)).filter(
    (entry) => syncId === 0 || entry.syncId !== syncId,
  );
  const found: IcsChange[] = [];
  for (const [id, group] of Map.groupBy(entries, (entry) => entry.folder)) {
    const last = group.at(-1);
    const folder = within.get(id);
    if (!last) continue;
    if (folder) {
      const isNew = group.some(({ kind }) => kind === CHANGE.FOLDER_NEW);
      found.push(
        icsChange(parentOf(folder), folderSourceKey(folder), last.seq, isNew ? ICS.FOLDER_NEW : ICS.FOLDER_CHANGE),
      );
    } else if (last.kind === CHANGE.FOLDER_GONE) {
      const gone = await deletedFolder(context, store, id);
      // A folder that was below another one is not part of this synchronisation.
      const wasWithin =
        gone?.parent != null && visible(gone.parent) && (!top || gone.parent === top.id || within.has(gone.parent));
      if (gone && wasWithin)
        found.push(icsChange(top ?? gone, folderSourceKey(gone), last.seq, ICS.FOLDER_SOFT_DELETE));
    }
  }
  return found.sort(byChangeId);
}

async function deletedFolder({ db }: StoreContext, store: MapiStore, id: number): Promise<Folder | undefined> {
  try {
    return await folderById(db, store, id as FolderId);
  } catch (error) {
    // The folder was purged meanwhile. Any other error must reach the client: its sync state would pass the deletion.
    if (PamojaError.is(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}
