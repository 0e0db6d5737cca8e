import { changeFolder, countFolder, lockMessages, NOTHING, totals } from './change-folder.ts';
import { CHANGE, type NewChange } from './changes.ts';
import type { StoreContext } from './context.ts';
import { expungeRows } from './expunge-messages.ts';
import type { FolderId, MessageId, StoreRef, Uid } from './ids.ts';
import { messagesByIds, VIEW } from './mapi-messages.ts';
import { deleteMessages, forgetResults } from './remove-folder.ts';

/** Deletes messages by their ids: to the soft-deleted view (manual 7.5), or for good; those that were soft-deleted already only for good. */
export async function deleteMessagesById(
  context: StoreContext,
  ref: StoreRef,
  ids: readonly MessageId[],
  { hard, syncId }: { hard: boolean; syncId: number },
): Promise<number> {
  const there = await messagesByIds(context.db, ref, ids);
  let count = 0;
  for (const [folder, group] of Map.groupBy(there, (facts) => facts.folder)) {
    count += await changeFolder(context, ref, folder, async (tx) => {
      const now = await messagesByIds(
        tx,
        ref,
        group.map(({ id }) => id),
      );
      const here = now.filter((facts) => facts.folder === folder);
      const live = here.filter(({ view }) => view === VIEW.LIVE);
      const associated = here.filter(({ view }) => view === VIEW.ASSOCIATED);
      const deleted = hard ? here.filter(({ view }) => view === VIEW.DELETED) : [];
      const rows = await lockMessages(
        tx,
        ref,
        folder,
        live.map(({ uid }) => uid),
      );
      const result = await expungeRows(tx, ref, folder, rows, context.clock());
      await forgetResults(
        tx,
        ref,
        here.map(({ id }) => id),
      );
      const gone = [...associated, ...deleted, ...(hard ? live : [])];
      await deleteMessages(
        tx,
        context,
        ref,
        gone.map(({ id }) => id),
      );
      const changes = [
        ...result.changes,
        ...associated.map(
          (facts): NewChange => ({ kind: CHANGE.MESSAGE_GONE, folder, uid: facts.uid, message: facts.id }),
        ),
      ].map((change) => ({ ...change, syncId }));
      await tx
        .updateTable('folders')
        .set((query) => ({
          committed_at: context.clock(),
          associated_count: query('associated_count', '-', associated.length),
          deleted_count: query('deleted_count', '-', deleted.length),
        }))
        .where('tenant_id', '=', ref.tenant)
        .where('id', '=', folder)
        .execute();
      const delta = hard ? { ...result.delta, deleted: 0 } : result.delta;
      return { result: here.length, changes, delta };
    });
  }
  return count;
}

/** Moves messages to another folder of their store; each keeps its id. Those that are there already stay. */
export async function moveMessagesById(
  context: StoreContext,
  ref: StoreRef,
  ids: readonly MessageId[],
  to: FolderId,
  syncId: number,
): Promise<number> {
  const there = (await messagesByIds(context.db, ref, ids)).filter(
    (facts) => facts.folder !== to && facts.view !== VIEW.DELETED,
  );
  if (there.length === 0) return 0;
  return changeFolder(context, ref, to, async (tx, store, { uidNext }) => {
    const now = (
      await messagesByIds(
        tx,
        ref,
        there.map(({ id }) => id),
      )
    ).filter((facts) => facts.folder !== to && facts.view !== VIEW.DELETED);
    const changes: NewChange[] = [];
    const at = context.clock();
    let sum = { messages: 0, unseen: 0, size: 0, associated: 0 };
    for (const [i, facts] of now.entries()) {
      const uid = (uidNext + i) as Uid;
      changes.push({ kind: CHANGE.MESSAGE_GONE, folder: facts.folder, uid: facts.uid, message: facts.id, syncId });
      changes.push({ kind: CHANGE.MESSAGE_NEW, folder: to, uid, message: facts.id, syncId });
      const seq = store.changeSeq + changes.length;
      await tx
        .updateTable('messages')
        .set({ folder_id: to, uid, arrival_uid: uid, modseq: seq, content_seq: seq, saved_at: at })
        .where('tenant_id', '=', ref.tenant)
        .where('store_id', '=', ref.store)
        .where('id', '=', facts.id)
        .execute();
    }
    for (const [folder, group] of Map.groupBy(now, (facts) => facts.folder)) {
      const live = totals(group.filter(({ view }) => view === VIEW.LIVE).map(asRow));
      const associated = group.length - live.messages;
      sum = {
        messages: sum.messages + live.messages,
        unseen: sum.unseen + live.unseen,
        size: sum.size + live.size,
        associated: sum.associated + associated,
      };
      await countFolder(
        tx,
        ref,
        folder,
        {
          messages: -live.messages,
          unseen: -live.unseen,
          size: -live.size,
          deleted: 0,
          associated: -associated,
          committedAt: at,
        },
        store.changeSeq + changes.length,
        0,
      );
    }
    return {
      result: now.length,
      changes,
      delta: { ...NOTHING, ...sum, committedAt: at },
      uidsUsed: now.length,
      storeDelta: { size: 0, messages: 0 },
    };
  });
}

const asRow = (facts: { uid: number; id: Buffer; modseq: number; flags: number; keywords: string; size: number }) =>
  facts;
