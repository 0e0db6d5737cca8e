import { sql } from 'kysely';
import type { Database } from '../platform/database.ts';
import { FLAG } from './flags.ts';
import type { FolderId, StoreRef } from './ids.ts';

/** How many messages of a folder are marked as deleted, and their bytes: what an EXPUNGE would free. */
export async function deletedTotals(
  db: Database,
  { tenant }: StoreRef,
  folder: FolderId,
): Promise<{ messages: number; size: number }> {
  const row = await db
    .selectFrom('messages')
    .select((query) => [query.fn.countAll<number>().as('messages'), query.fn.sum<string | null>('size').as('size')])
    .where('tenant_id', '=', tenant)
    .where('folder_id', '=', folder)
    .where('deleted', '=', 0)
    .where(sql<boolean>`(\`flags\` & ${FLAG.DELETED}) <> 0`)
    .executeTakeFirstOrThrow();
  return { messages: Number(row.messages), size: Number(row.size ?? 0) };
}
