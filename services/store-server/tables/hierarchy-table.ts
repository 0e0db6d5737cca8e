import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { lastChange } from '../../../shared/store/feed.ts';
import type { FolderId } from '../../../shared/store/ids.ts';
import { folderSourceKey } from '../../../shared/store/keys.ts';
import { allFolders, deletedFolders, type MapiFolder } from '../../../shared/store/mapi-folders.ts';
import { bagOf, folderProperties, instanceKey, TAG } from '../../../shared/store/mapi-properties.ts';
import type { MapiStore } from '../../../shared/store/mapi-stores.ts';
import { RIGHT } from '../../../shared/store/rights.ts';
import { catchUpSearches } from '../../../shared/store/search-folders.ts';
import { folderEntryId, rightsOn, storeEntryId } from '../access.ts';
import type { ServerContext } from '../context.ts';
import type { Session } from '../session.ts';
import { bagRow } from './bag-row.ts';
import type { Row, RowSource } from './row-source.ts';

const COLUMNS = [
  TAG.ENTRYID,
  TAG.DISPLAY_NAME,
  TAG.CONTENT_COUNT,
  TAG.CONTENT_UNREAD,
  TAG.STORE_ENTRYID,
  TAG.STORE_RECORD_KEY,
  TAG.INSTANCE_KEY,
  TAG.RECORD_KEY,
  TAG.FOLDER_TYPE,
  TAG.SUBFOLDERS,
  TAG.DEPTH,
  TAG.OBJECT_TYPE,
  TAG.COMMENT,
  TAG.CONTAINER_CLASS,
];

/** Folders below a folder: its own, or with `deep` all of them, each after the one that it is in; or those that were deleted. */
export function hierarchyTable(
  context: ServerContext,
  session: Session,
  store: MapiStore,
  folder: MapiFolder,
  options: { deep: boolean; deleted: boolean; owner: boolean },
): RowSource {
  const { db } = context.store;
  return {
    columns: COLUMNS,
    cheap: () => true,
    watch: (changed) => context.listener.watch(store.store, changed),
    async rows() {
      await catchUpSearches(context.store, store);
      const all = await allFolders(db, store);
      const found: { folder: MapiFolder; depth: number }[] = options.deleted
        ? (await deletedFolders(db, store, folder.id)).map((each) => ({ folder: each, depth: 1 }))
        : below(all, folder.id, options.deep, 1);
      const rows: Row[] = [];
      for (const { folder: each, depth } of found) {
        const rights = options.owner ? 0x5fb : await rightsOn(context, session, store, each.id);
        if ((rights & RIGHT.VISIBLE) !== 0) rows.push(folderRow(store, each, all, rights, depth));
      }
      return rows;
    },
    version: async () => String(await lastChange(db, store)),
  };
}

function below(
  all: readonly MapiFolder[],
  parent: FolderId,
  deep: boolean,
  depth: number,
): { folder: MapiFolder; depth: number }[] {
  const children = all.filter((each) => each.parent === parent).map((folder) => ({ folder, depth }));
  // Newest first, where nobody asks for an order.
  if (!deep) return children.reverse();
  // Level by level, as the server that clients grew up with lists them.
  return [...children, ...children.flatMap(({ folder }) => below(all, folder.id, true, depth + 1))];
}

function folderRow(
  store: MapiStore,
  folder: MapiFolder,
  all: readonly MapiFolder[],
  rights: number,
  depth: number,
): Row {
  const bag = bagOf(folderProperties(store, folder, all, rights));
  bag.set(TAG.ENTRYID, folderEntryId(store, folder));
  bag.set(TAG.STORE_ENTRYID, storeEntryId(store));
  bag.set(TAG.STORE_RECORD_KEY, store.guid);
  bag.set(TAG.OBJECT_TYPE, OBJECT.FOLDER);
  bag.set(TAG.DEPTH, depth);
  bag.set(TAG.EC_IMAP_ID, folder.id);
  bag.set(TAG.HIERARCHYID, folder.id);
  bag.set(TAG.SOURCE_KEY, folderSourceKey(folder));
  return bagRow(instanceKey(folder.id), bag);
}
