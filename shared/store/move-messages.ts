import { changeFolder, countFolder, lockMessages, NOTHING, totals } from './change-folder.ts';
import { CHANGE, type NewChange } from './changes.ts';
import type { StoreContext } from './context.ts';
import type { Copied } from './copy-messages.ts';
import type { FolderId, StoreRef, Uid } from './ids.ts';

/** Moves messages to another folder of the same store (RFC 6851): each keeps its id and gets a new uid. */
export async function moveMessages(
  context: StoreContext,
  ref: StoreRef,
  from: FolderId,
  uids: readonly Uid[],
  to: FolderId,
): Promise<Copied[]> {
  return changeFolder(context, ref, to, async (tx, store, folder) => {
    const rows = await lockMessages(tx, ref, from, uids);
    const sum = totals(rows);
    const moved: Copied[] = [];
    const changes: NewChange[] = [];
    for (const row of rows) {
      const uid = (folder.uidNext + moved.length) as Uid;
      changes.push({ kind: CHANGE.MESSAGE_GONE, folder: from, uid: row.uid as Uid, message: row.id });
      changes.push({ kind: CHANGE.MESSAGE_NEW, folder: to, uid, message: row.id });
      await tx
        .updateTable('messages')
        .set({
          folder_id: to,
          uid,
          arrival_uid: uid,
          modseq: store.changeSeq + changes.length,
          saved_at: context.clock(),
        })
        .where('tenant_id', '=', ref.tenant)
        .where('folder_id', '=', from)
        .where('deleted', '=', 0)
        .where('uid', '=', row.uid)
        .execute();
      moved.push({ from: row.uid as Uid, to: uid });
    }
    if (from === to) return { result: moved, changes, delta: NOTHING, uidsUsed: moved.length };
    await countFolder(
      tx,
      ref,
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
  });
}
