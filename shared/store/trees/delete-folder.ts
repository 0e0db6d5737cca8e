import { sql } from 'kysely';
import { PamojaError } from '../../mapi/error.ts';
import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, MessageId, StoreRef, Uid } from '../engine/ids.ts';
import { changeStore, type LockedStore } from '../engine/store-lock.ts';
import { DELETED_FOR_GOOD, type Folder, isProtected, subtreeOf } from '../folders/folder.ts';
import { deleteMessageRows, forgetSearchResults } from '../messages/delete-message-rows.ts';
import { VIEW } from '../messages/message-facts.ts';

/** How a folder is deleted, and what goes with it. */
export interface DeleteFolderOptions {
  /** Messages in it go with it; else it must be empty. */
  messages: boolean;
  /** Folders below it go with it. */
  folders: boolean;
  /** It does not go to the soft-deleted view first (manual 7.5). */
  hard: boolean;
  /** The synchronisation that deletes it; 0: none. */
  syncId: number;
  /** Whether the caller may delete a folder; one that may not be deleted keeps all of them. */
  may: (folder: FolderId) => boolean;
}

/**
 * Deletes a folder with all that belongs to it. Throws NOT_FOUND, HAS_MESSAGES, HAS_FOLDERS, and NO_ACCESS for a protected folder and for one
 * that the caller may not delete.
 */
export async function deleteFolder(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  options: DeleteFolderOptions,
): Promise<void> {
  await changeStore(context, ref, async (store) => {
    const tree = await subtreeOf(store.tx, ref, folder);
    requireDeletable(tree, options);
    // Folders below are deleted first, so that no client is told of a folder without its parent.
    for (const each of tree.toReversed()) await deleteRow(context, store, each.id, options);
  });
}

function requireDeletable(tree: readonly Folder[], options: DeleteFolderOptions): void {
  const [top] = tree;
  if (!top) throw new PamojaError('NOT_FOUND', 'no such folder');
  if (!tree.every(({ id }) => options.may(id)))
    throw new PamojaError('NO_ACCESS', 'you may not delete a folder below it');
  if (tree.some(isProtected)) throw new PamojaError('NO_ACCESS', 'a default folder cannot be deleted');
  if (tree.length > 1 && !options.folders) throw new PamojaError('HAS_FOLDERS', 'the folder has folders below it');
  // The messages that a search folder shows are in other folders.
  if (!options.messages && top.messages > 0 && top.search === null)
    throw new PamojaError('HAS_MESSAGES', 'the folder has messages');
}

async function deleteRow(
  context: StoreContext,
  store: LockedStore,
  folder: FolderId,
  { hard, syncId }: DeleteFolderOptions,
): Promise<void> {
  const now = context.clock();
  const change = store.append({ kind: CHANGE.FOLDER_GONE, folder, syncId });
  const gone = await removeMessagesOf(store, context, folder, {
    hard,
    views: hard ? ALL_VIEWS : [VIEW.LIVE, VIEW.ASSOCIATED],
    now,
  });
  store.count({ size: -gone.size, messages: -gone.live.length });
  await store
    .folders(change)
    .update()
    .set({
      deleted_at: hard ? DELETED_FOR_GOOD : now,
      deleted_count: hard ? 0 : sql<number>`\`deleted_count\` + ${gone.live.length}`,
      message_count: 0,
      unseen_count: 0,
      associated_count: 0,
      size: 0,
    })
    .where('id', '=', folder)
    .execute();
  await removeReferences(store, folder);
}

/** Removes what other tables say of a folder that is gone. */
export async function removeReferences(store: LockedStore, folder: FolderId): Promise<void> {
  for (const table of ['acls', 'annotations', 'search_results', 'receive_folders'] as const)
    await store.tx
      .deleteFrom(table)
      .where('tenant_id', '=', store.tenant)
      .where('store_id', '=', store.store)
      .where('folder_id', '=', folder)
      .execute();
}

/**
 * Deletes all that is in a folder, and the folders below it; the folder itself stays, and so do protected ones right below it. Throws
 * NO_ACCESS for a folder below it that the caller may not delete.
 */
export async function emptyFolder(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  options: Pick<DeleteFolderOptions, 'hard' | 'syncId' | 'may'> & { associated: boolean },
): Promise<void> {
  const { hard, syncId, may } = options;
  const [, ...below] = await subtreeOf(context.db, ref, folder);
  if (!below.every(({ id }) => may(id))) throw new PamojaError('NO_ACCESS', 'you may not delete a folder below it');
  for (const each of below.filter((child) => child.parent === folder && !isProtected(child)))
    await deleteFolder(context, ref, each.id, { messages: true, folders: true, hard, syncId, may });
  await changeStore(context, ref, async (store) => {
    const now = context.clock();
    const gone = await removeMessagesOf(store, context, folder, {
      hard: options.hard,
      views: options.associated ? [VIEW.LIVE, VIEW.ASSOCIATED] : [VIEW.LIVE],
      now,
    });
    store.appendAll(
      gone.live.map(({ id, uid }) => ({
        kind: CHANGE.MESSAGE_GONE,
        folder,
        uid: uid as Uid,
        message: id,
        syncId: options.syncId,
      })),
    );
    await store
      .folders('counters')
      .update()
      .set({
        deleted_count: options.hard
          ? sql<number>`\`deleted_count\``
          : sql<number>`\`deleted_count\` + ${gone.live.length}`,
        message_count: 0,
        unseen_count: 0,
        size: 0,
        highest_modseq: store.changeSeq,
        ...(options.associated ? { associated_count: 0 } : {}),
      })
      .where('id', '=', folder)
      .execute();
    store.count({ size: -gone.size, messages: -gone.live.length });
  });
}

/** The messages that are deleted with a folder for good, those that were soft-deleted in it before included. */
const ALL_VIEWS = [VIEW.LIVE, VIEW.DELETED, VIEW.ASSOCIATED];

interface Gone {
  /** Messages that were not soft-deleted before. */
  live: { id: MessageId; uid: number }[];
  /** Bytes of those. */
  size: number;
}

/**
 * Takes the messages of a folder away: to the soft-deleted view, or for good. Those that are associated with it always go for good. The
 * caller appends the changes.
 */
async function removeMessagesOf(
  store: LockedStore,
  context: StoreContext,
  folder: FolderId,
  options: { hard: boolean; views: readonly number[]; now: number },
): Promise<Gone> {
  const rows = await store.tx
    .selectFrom('messages')
    .select(['id', 'uid', 'size', 'deleted'])
    .where('tenant_id', '=', store.tenant)
    .where('store_id', '=', store.store)
    .where('folder_id', '=', folder)
    .where('deleted', 'in', options.views)
    .execute();
  const live = rows.filter((row) => row.deleted === VIEW.LIVE);
  const forGood = options.hard ? rows : rows.filter((row) => row.deleted === VIEW.ASSOCIATED);
  await deleteMessageRows(
    store,
    context,
    forGood.map((row) => row.id),
  );
  if (!options.hard && live.length > 0)
    await store
      .messages('deleted already')
      .update()
      .set({ deleted: VIEW.DELETED, deleted_at: options.now })
      .where('folder_id', '=', folder)
      .where('deleted', '=', VIEW.LIVE)
      .execute();
  await forgetSearchResults(
    store,
    rows.map((row) => row.id),
  );
  return { live, size: live.reduce((sum, row) => sum + row.size, 0) };
}
