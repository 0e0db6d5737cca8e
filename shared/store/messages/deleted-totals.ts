import type { Database } from '../../database/database.ts';
import type { FolderId, StoreRef, Uid } from '../engine/ids.ts';
import { FLAG } from './flags.ts';
import type { MessageState } from './messages.ts';

/** The uids of messages that are marked as deleted, of a folder's states (folder-index.ts): no database finds them but by reading them all. */
export const deletedUids = (states: readonly MessageState[]): Uid[] =>
  states.flatMap(({ uid, flags }) => (flags & FLAG.DELETED ? [uid] : []));

/** How many of some messages of a folder are there, and their bytes: what an EXPUNGE of them would free. */
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
