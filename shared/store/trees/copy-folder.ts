import { collisionIfTaken } from '../../database/duplicate-key.ts';
import { PamojaError } from '../../mapi/error.ts';
import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreRef } from '../engine/ids.ts';
import { changeStore } from '../engine/store-lock.ts';
import { createInStore, FOLDER_TYPE, type Folder, folderById, subtreeOf } from '../folders/mapi-folders.ts';
import { copyMessagesById } from '../messages/copy-messages.ts';
import { VIEW } from '../messages/mapi-messages.ts';

/** Moves a folder with all below it within its store. Throws COLLISION, FOLDER_CYCLE, and NO_ACCESS for a folder that its store needs. */
export async function moveFolderTo(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  parent: FolderId,
  name: string,
  syncId: number,
): Promise<void> {
  await changeStore(context, ref, async (store) => {
    const { tx } = store;
    const tree = await subtreeOf(tx, ref, folder);
    if (tree.some(({ id }) => id === parent))
      throw new PamojaError('FOLDER_CYCLE', 'a folder cannot be moved into itself');
    const [moved] = tree;
    if (!moved) throw new PamojaError('NOT_FOUND', 'no such folder');
    if (moved.role !== null && moved.parent !== parent)
      throw new PamojaError('NO_ACCESS', 'a default folder cannot be moved');
    await folderById(tx, ref, parent);
    const change = store.append({ kind: CHANGE.FOLDER_CHANGED, folder, syncId });
    await collisionIfTaken(
      'a folder of that name is already there',
      store
        .folders(change)
        .update()
        .set({ parent_id: parent, name, modified_at: context.clock(), changed_seq: change })
        .where('id', '=', folder)
        .execute(),
    );
  });
}

/** How a folder is copied with what is below it. */
export interface CopyTreeOptions {
  hardQuota: number;
  syncId: number;
  /** Whether a folder may be copied by whoever asks; one that may not be is left out with all below it. */
  may: (folder: FolderId) => boolean;
  /** All of it or nothing, where the original goes afterwards. */
  whole: boolean;
}

/** Copies a folder with all below it, to the same store or another. Throws COLLISION, FOLDER_CYCLE, STORE_FULL, NO_ACCESS. */
export async function copyFolderTree(
  context: StoreContext,
  from: StoreRef,
  folder: FolderId,
  to: StoreRef,
  parent: FolderId,
  name: string,
  options: CopyTreeOptions,
): Promise<void> {
  const tree = await subtreeOf(context.db, from, folder);
  if (from.store === to.store && tree.some(({ id }) => id === parent))
    throw new PamojaError('FOLDER_CYCLE', 'a folder cannot be copied into itself');
  if (options.whole && !tree.every(({ id }) => options.may(id)))
    throw new PamojaError('NO_ACCESS', 'you may not move a folder below it');
  const copies = new Map<FolderId, FolderId>();
  for (const each of tree) {
    const above = each.id === folder ? parent : each.parent === null ? undefined : copies.get(each.parent);
    if (above === undefined || each.type === FOLDER_TYPE.SEARCH || !options.may(each.id)) continue;
    const copy = await copyFolderRow(context, each, to, above, each.id === folder ? name : each.name, options.syncId);
    copies.set(each.id, copy);
    const rows = await context.db
      .selectFrom('messages')
      .select('id')
      .where('tenant_id', '=', from.tenant)
      .where('store_id', '=', from.store)
      .where('folder_id', '=', each.id)
      .where('deleted', 'in', [VIEW.LIVE, VIEW.ASSOCIATED])
      .orderBy('uid')
      .execute();
    for (let i = 0; i < rows.length; i += 200)
      await copyMessagesById(
        context,
        from,
        rows.slice(i, i + 200).map(({ id }) => id),
        to,
        copy,
        options,
      );
  }
}

async function copyFolderRow(
  context: StoreContext,
  { tenant, id, type }: Folder,
  to: StoreRef,
  parent: FolderId,
  name: string,
  syncId: number,
): Promise<FolderId> {
  const row = await context.db
    .selectFrom('folders')
    .select(['properties', 'container_class'])
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return changeStore(context, to, (store) =>
    createInStore(context, store, parent, {
      name,
      properties: row.properties,
      containerClass: row.container_class,
      type,
      openIfExists: false,
      syncId,
    }),
  );
}
