import type { Database } from '../platform/database.ts';
import {
  changeFolder,
  countFolder,
  type FolderChange,
  lockMessages,
  type MessageFacts,
  NOTHING,
  totals,
} from './change-folder.ts';
import { CHANGE, type NewChange } from './changes.ts';
import type { StoreContext } from './context.ts';
import type { Copied } from './copy-messages.ts';
import type { FolderId, StoreRef, Uid } from './ids.ts';
import type { LockedStore } from './store-lock.ts';

/** Moves messages to another folder of the same store (RFC 6851): each keeps its id and gets a new uid. */
export async function moveMessages(
  context: StoreContext,
  ref: StoreRef,
  from: FolderId,
  uids: readonly Uid[],
  to: FolderId,
): Promise<Copied[]> {
  return changeFolder(context, ref, to, async (tx, store, folder) =>
    moveRows(tx, store, await lockMessages(tx, ref, from, uids), from, { id: to, ...folder }, context.clock()),
  );
}

/** The same within a transaction that has locked the store and changes the folder `to`. */
export async function moveRows(
  tx: Database,
  store: LockedStore,
  rows: readonly MessageFacts[],
  from: FolderId,
  to: { id: FolderId; uidNext: number },
  now: number,
): Promise<FolderChange<Copied[]>> {
  const moved: Copied[] = [];
  const changes: NewChange[] = [];
  for (const row of rows) {
    const uid = (to.uidNext + moved.length) as Uid;
    changes.push({ kind: CHANGE.MESSAGE_GONE, folder: from, uid: row.uid as Uid, message: row.id });
    changes.push({ kind: CHANGE.MESSAGE_NEW, folder: to.id, uid, message: row.id });
    await tx
      .updateTable('messages')
      .set({ folder_id: to.id, uid, modseq: store.changeSeq + changes.length, saved_at: now })
      .where('tenant_id', '=', store.tenant)
      .where('folder_id', '=', from)
      .where('deleted', '=', 0)
      .where('uid', '=', row.uid)
      .execute();
    moved.push({ from: row.uid as Uid, to: uid });
  }
  if (from === to.id) return { result: moved, changes, delta: NOTHING, uidsUsed: moved.length };
  const sum = totals(rows);
  await countFolder(
    tx,
    store,
    from,
    { messages: -sum.messages, unseen: -sum.unseen, size: -sum.size, deleted: 0 },
    store.changeSeq + changes.length,
    0,
  );
  return {
    result: moved,
    changes,
    delta: { ...sum, deleted: 0 },
    uidsUsed: moved.length,
    storeDelta: { size: 0, messages: 0 },
  };
}
