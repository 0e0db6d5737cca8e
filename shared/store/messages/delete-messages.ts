import { CHANGE, type NewChange } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import type { MessageId, StoreRef } from '../engine/ids.ts';
import { deleteMessages, forgetResults } from '../trees/remove-folder.ts';
import { changeFolder, lockMessages } from './change-folder.ts';
import { expungeRows } from './expunge-messages.ts';
import { messagesByIds, VIEW } from './mapi-messages.ts';

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
