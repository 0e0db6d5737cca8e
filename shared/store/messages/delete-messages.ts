import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import type { MessageId, StoreRef } from '../engine/ids.ts';
import { changeFolder, lockMessages } from './change-folder.ts';
import { deleteMessageRows, forgetSearchResults } from './delete-message-rows.ts';
import { expungeRows } from './expunge-messages.ts';
import { messagesByIds, VIEW } from './message-facts.ts';

/** Deletes messages by their ids, to the soft-deleted view (manual 7.5) or for good. Messages that are soft-deleted already are deleted only for good. */
export async function deleteMessagesById(
  context: StoreContext,
  ref: StoreRef,
  ids: readonly MessageId[],
  { hard, syncId }: { hard: boolean; syncId: number },
): Promise<number> {
  const there = await messagesByIds(context.db, ref, ids);
  let count = 0;
  for (const [folder, group] of Map.groupBy(there, (facts) => facts.folder)) {
    count += await changeFolder(context, ref, folder, async (store) => {
      const { tx } = store;
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
      const result = await expungeRows(store, folder, rows, context.clock(), syncId);
      store.appendAll(
        associated.map(({ uid, id }) => ({ kind: CHANGE.MESSAGE_GONE, folder, uid, message: id, syncId })),
      );
      await forgetSearchResults(
        store,
        here.map(({ id }) => id),
      );
      const gone = [...associated, ...deleted, ...(hard ? live : [])];
      await deleteMessageRows(
        store,
        context,
        gone.map(({ id }) => id),
      );
      await store
        .folders('counters')
        .update()
        .set((query) => ({
          committed_at: context.clock(),
          associated_count: query('associated_count', '-', associated.length),
          deleted_count: query('deleted_count', '-', deleted.length),
        }))
        .where('id', '=', folder)
        .execute();
      const delta = hard ? { ...result.delta, deleted: 0 } : result.delta;
      return { result: here.length, delta };
    });
  }
  return count;
}
