import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreRef, Uid } from '../engine/ids.ts';
import type { LockedStore } from '../engine/store-lock.ts';
import { changeFolder, type FolderOutcome, type LockedMessage, lockMessages, totals } from './change-folder.ts';
import { FLAG } from './flags.ts';

/** Soft-deletes messages (manual 7.5): those of `uids`, with `onlyFlagged` only messages with \Deleted. Returns their uids. */
export async function expungeMessages(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  uids: readonly Uid[],
  onlyFlagged = true,
): Promise<Uid[]> {
  return changeFolder(context, ref, folder, async (store) => {
    const rows = (await lockMessages(store.tx, ref, folder, uids)).filter(
      (row) => !onlyFlagged || row.flags & FLAG.DELETED,
    );
    return expungeRows(store, folder, rows, context.clock());
  });
}

/** Soft-deletes messages within a transaction that has locked the store and changes the folder. */
export async function expungeRows(
  store: LockedStore,
  folder: FolderId,
  rows: readonly LockedMessage[],
  now: number,
  syncId = 0,
): Promise<FolderOutcome<Uid[]>> {
  const gone = rows.map((row) => row.uid as Uid);
  const change = store.appendAll(
    rows.map((row) => ({ kind: CHANGE.MESSAGE_GONE, folder, uid: row.uid as Uid, message: row.id, syncId })),
  );
  for (let i = 0; change !== undefined && i < gone.length; i += 500)
    await store
      .messages(change)
      .update()
      .set({ deleted: 1, deleted_at: now })
      .where('folder_id', '=', folder)
      .where('deleted', '=', 0)
      .where('uid', 'in', gone.slice(i, i + 500))
      .execute();
  const sum = totals(rows);
  return {
    result: gone,
    delta: { messages: -sum.messages, unseen: -sum.unseen, size: -sum.size, deleted: sum.messages },
  };
}
