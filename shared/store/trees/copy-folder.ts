import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, MessageId, StoreRef } from '../engine/ids.ts';
import { createFolder } from '../folders/create-folder.ts';
import { FOLDER_TYPE, type Folder, isProtected, subtreeOf } from '../folders/folder.ts';
import { copyMessagesById } from '../messages/copy-messages.ts';
import { VIEW } from '../messages/message-facts.ts';

/** How a folder is copied with what is below it. */
export interface CopyFolderOptions {
  /** The hard quota of the target store in bytes; 0 for none. */
  hardQuota: number;
  /** The synchronisation that copies it; 0: none. */
  syncId: number;
  /** Whether the caller may copy a folder; one that may not be copied is left out with all below it. */
  may: (folder: FolderId) => boolean;
  /** True: all of it is copied or nothing, because the original will be deleted. */
  whole: boolean;
}

/** A folder of a store. */
interface LocatedFolder {
  ref: StoreRef;
  folder: FolderId;
}

/** Messages that one transaction copies. */
const BATCH = 200;

/**
 * Copies a folder with all below it to a place in the same store or another. Throws COLLISION, FOLDER_CYCLE, STORE_FULL, and NO_ACCESS where
 * `whole` is wanted and the caller may not copy all of it.
 */
export async function copyFolder(
  context: StoreContext,
  from: LocatedFolder,
  to: { ref: StoreRef; parent: FolderId; name: string },
  options: CopyFolderOptions,
): Promise<void> {
  const tree = await subtreeOf(context.db, from.ref, from.folder);
  if (from.ref.store === to.ref.store && tree.some(({ id }) => id === to.parent))
    throw new PamojaError('FOLDER_CYCLE', 'a folder cannot be copied into itself');
  if (options.whole && !tree.every(({ id }) => options.may(id)))
    throw new PamojaError('NO_ACCESS', 'you may not move a folder below it');
  // A move to another store deletes what it has copied: what cannot be deleted or copied is refused before anything is done.
  if (options.whole && tree.some(isProtected)) throw new PamojaError('NO_ACCESS', 'a default folder cannot be moved');
  if (options.whole && tree.some(({ type }) => type === FOLDER_TYPE.SEARCH))
    throw new PamojaError('NO_SUPPORT', 'a search folder cannot be moved to another store');
  const copies = new Map<FolderId, FolderId>();
  for (const each of tree) {
    const isTop = each.id === from.folder;
    const parent = isTop ? to.parent : each.parent === null ? undefined : copies.get(each.parent);
    if (parent === undefined || each.type === FOLDER_TYPE.SEARCH || !options.may(each.id)) continue;
    const copy = await createFolder(context, to.ref, {
      parent,
      name: isTop ? to.name : each.name,
      containerClass: each.containerClass,
      properties: each.native ? undefined : each.properties,
      subscribed: true,
      syncId: options.syncId,
    });
    copies.set(each.id, copy.id);
    await copyContents(context, each, { ref: to.ref, folder: copy.id }, options);
  }
}

async function copyContents(
  context: StoreContext,
  from: Folder,
  to: LocatedFolder,
  options: CopyFolderOptions,
): Promise<void> {
  const ids = await contentsOf(context.db, from);
  for (let i = 0; i < ids.length; i += BATCH)
    await copyMessagesById(context, from, ids.slice(i, i + BATCH), { ...to, hardQuota: options.hardQuota }, options);
}

/** The messages of a folder that are not soft-deleted, those that are associated with it too, in the order of their uids. */
async function contentsOf(db: Database, { tenant, store, id }: Folder): Promise<MessageId[]> {
  const rows = await db
    .selectFrom('messages')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('folder_id', '=', id)
    .where('deleted', 'in', [VIEW.LIVE, VIEW.ASSOCIATED])
    .orderBy('uid')
    .execute();
  return rows.map((row) => row.id);
}
