import type { Database } from '../../database/database.ts';
import type { FolderId, StoreRef, Uid } from '../engine/ids.ts';
import { FLAG } from './flags.ts';
import type { MessageState } from './message-list.ts';

/** Gives the uids of messages with \Deleted from the states of a folder (folder-index.ts): the database has no index of flags. */
export const deletedUids = (states: readonly MessageState[]): Uid[] =>
  states.flatMap(({ uid, flags }) => (flags & FLAG.DELETED ? [uid] : []));

/** Counts some messages of a folder and their bytes: what an EXPUNGE of them frees (RFC 9208 §4.1.4). */
export async function deletedTotals(
  db: Database,
  { tenant }: StoreRef,
  folder: FolderId,
  uids: readonly Uid[],
): Promise<{ messages: number; size: number }> {
  const total = { messages: 0, size: 0 };
  for (let i = 0; i < uids.length; i += 500) {
    const row = await db
      .selectFrom('messages')
      .select((query) => [query.fn.countAll<number>().as('messages'), query.fn.sum<string | null>('size').as('size')])
      .where('tenant_id', '=', tenant)
      .where('folder_id', '=', folder)
      .where('deleted', '=', 0)
      .where('uid', 'in', uids.slice(i, i + 500))
      .executeTakeFirstOrThrow();
    total.messages += Number(row.messages);
    total.size += Number(row.size ?? 0);
  }
  return total;
}
