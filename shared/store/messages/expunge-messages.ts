import type { Database } from '../../database/database.ts';
import { CHANGE, type NewChange } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreRef, Uid } from '../engine/ids.ts';
import { changeFolder, type FolderChange, lockMessages, type MessageFacts, totals } from './change-folder.ts';
import { FLAG } from './flags.ts';

/** Soft-deletes messages (manual 7.5): of those named by `uids` the ones that carry \Deleted when `onlyMarked`. Returns their uids. */
export async function expungeMessages(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  uids: readonly Uid[],
  onlyMarked = true,
): Promise<Uid[]> {
  return changeFolder(context, ref, folder, async (tx) => {
    const rows = (await lockMessages(tx, ref, folder, uids)).filter((row) => !onlyMarked || row.flags & FLAG.DELETED);
    return expungeRows(tx, ref, folder, rows, context.clock());
  });
}

/** The same within a transaction that has locked the store and changes the folder. */
export async function expungeRows(
  tx: Database,
  ref: StoreRef,
  folder: FolderId,
  rows: readonly MessageFacts[],
  now: number,
): Promise<FolderChange<Uid[]>> {
  const gone = rows.map((row) => row.uid as Uid);
  for (let i = 0; i < gone.length; i += 500) {
    await tx
      .updateTable('messages')
      .set({ deleted: 1, deleted_at: now })
      .where('tenant_id', '=', ref.tenant)
      .where('folder_id', '=', folder)
      .where('deleted', '=', 0)
      .where('uid', 'in', gone.slice(i, i + 500))
      .execute();
  }
  const changes = rows.map(
    (row): NewChange => ({ kind: CHANGE.MESSAGE_GONE, folder, uid: row.uid as Uid, message: row.id }),
  );
  const sum = totals(rows);
  return {
    result: gone,
    changes,
    delta: { messages: -sum.messages, unseen: -sum.unseen, size: -sum.size, deleted: sum.messages },
  };
}
