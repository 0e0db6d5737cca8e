import { rightsOnEach } from '../../../shared/access/store-rights.ts';
import { followFromNow } from '../../../shared/ics/follow-changes.ts';
import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import { bagOf } from '../../../shared/store/content/property-list.ts';
import { lastChange } from '../../../shared/store/engine/changes.ts';
import type { FolderId } from '../../../shared/store/engine/ids.ts';
import { folderSourceKey } from '../../../shared/store/folders/change-keys.ts';
import { folderEntryId, storeEntryId } from '../../../shared/store/folders/entry-ids.ts';
import { deletedFolders, type Folder, foldersByIds, listFolders } from '../../../shared/store/folders/folder.ts';
import { folderProperties } from '../../../shared/store/folders/folder-object.ts';
import { ALL_RIGHTS, RIGHT } from '../../../shared/store/folders/rights.ts';
import { instanceKey } from '../../../shared/store/messages/message-properties.ts';
import type { MapiStore } from '../../../shared/store/stores/stores.ts';
import { catchUpSearches } from '../../../shared/store/tables/search-folders.ts';
import type { ServerContext } from '../context.ts';
import type { SoapSession } from '../session.ts';
import { bagRow } from './bag-row.ts';
import type { Row, RowSource } from './row-source.ts';
import type { TableAccess } from './table-access.ts';

const COLUMNS = [
  PR.ENTRYID,
  PR.DISPLAY_NAME,
  PR.CONTENT_COUNT,
  PR.CONTENT_UNREAD,
  PR.STORE_ENTRYID,
  PR.STORE_RECORD_KEY,
  PR.INSTANCE_KEY,
  PR.RECORD_KEY,
  PR.FOLDER_TYPE,
  PR.SUBFOLDERS,
  PR.DEPTH,
  PR.OBJECT_TYPE,
  PR.COMMENT,
  PR.CONTAINER_CLASS,
];

/** The subfolders of a folder: its children, or with `deep` all folders below it, each after its parent; or the deleted ones. */
export function hierarchyTable(
  context: ServerContext,
  session: SoapSession,
  store: MapiStore,
  folder: Folder,
  options: { deep: boolean; deleted: boolean; now: TableAccess },
): RowSource {
  const { db } = context.store;
  return {
    columns: COLUMNS,
    cheap: () => true,
    objectType: OBJECT.FOLDER,
    watch: (changed) =>
      followFromNow(context, store, async (entries) => {
        const touched = new Map<string, 'new' | 'changed'>();
        const ids = [...new Set(entries.map((entry) => entry.folder))];
        for (const { id, parent } of await foldersByIds(db, store, ids)) {
          // A folder's counts change with its messages, and with its subfolders.
          touched.set(instanceKey(id).toString('hex'), 'changed');
          if (parent !== null) touched.set(instanceKey(parent).toString('hex'), 'changed');
        }
        await changed(touched);
      }),
    async requireReady() {
      await options.now();
    },
    async rows() {
      const { store: current, owner } = await options.now();
      await catchUpSearches(context.store, store);
      const all = await listFolders(db, store);
      const found: { folder: Folder; depth: number }[] = options.deleted
        ? (await deletedFolders(db, store, folder.id)).map((each) => ({ folder: each, depth: 1 }))
        : below(all, folder.id, options.deep, 1);
      const rightsOf = await rightsOnEach(context.store, session.caller, current);
      const visible = (id: FolderId) => (rightsOf(id) & RIGHT.VISIBLE) !== 0;
      // A deleted folder has no list of rights any more: the owner of the store has all rights on it.
      const rightsOfRow = (id: FolderId) => (options.deleted && owner ? ALL_RIGHTS : rightsOf(id));
      return found
        .filter(({ folder: each }) => (rightsOfRow(each.id) & RIGHT.VISIBLE) !== 0)
        .map(({ folder: each, depth }) =>
          folderRow(store, each, all, { rights: rightsOfRow(each.id), depth, visible }),
        );
    },
    version: async () => `${await lastChange(db, store)} ${(await options.now()).stamp}`,
  };
}

function below(
  all: readonly Folder[],
  parent: FolderId,
  deep: boolean,
  depth: number,
): { folder: Folder; depth: number }[] {
  const children = all.filter((each) => each.parent === parent).map((folder) => ({ folder, depth }));
  // Without a sort order the newest come first.
  if (!deep) return children.reverse();
  // Level by level, as Kopano's server lists them.
  return [...children, ...children.flatMap(({ folder }) => below(all, folder.id, true, depth + 1))];
}

function folderRow(
  store: MapiStore,
  folder: Folder,
  all: readonly Folder[],
  { rights, depth, visible }: { rights: number; depth: number; visible: (folder: FolderId) => boolean },
): Row {
  const bag = bagOf(folderProperties(store, folder, all, rights, { visible }));
  bag.set(PR.ENTRYID, folderEntryId(store, folder));
  bag.set(PR.STORE_ENTRYID, storeEntryId(store));
  bag.set(PR.STORE_RECORD_KEY, store.guid);
  bag.set(PR.OBJECT_TYPE, OBJECT.FOLDER);
  bag.set(PR.DEPTH, depth);
  bag.set(PR.EC_IMAP_ID, folder.id);
  bag.set(PR.EC_HIERARCHYID, folder.id);
  bag.set(PR.SOURCE_KEY, folderSourceKey(folder));
  return bagRow(instanceKey(folder.id), bag);
}
