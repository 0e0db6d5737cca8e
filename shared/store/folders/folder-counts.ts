import { sql } from 'kysely';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreRef } from '../engine/ids.ts';
import { changeStore } from '../engine/store-lock.ts';
import { folderById } from './folder.ts';

/** Recounts a folder's messages. Returns how many of its three counters were wrong. */
export async function recountFolder(context: StoreContext, ref: StoreRef, folder: FolderId): Promise<number> {
  return changeStore(context, ref, async (store) => {
    const counted = await store.tx
      .selectFrom('messages')
      .select([
        sql<number>`COALESCE(SUM(\`deleted\` = 0), 0)`.as('messages'),
        sql<number>`COALESCE(SUM(\`deleted\` = 2), 0)`.as('associated'),
        sql<number>`COALESCE(SUM(\`deleted\` = 0 AND \`flags\` & 1 = 0), 0)`.as('unseen'),
      ])
      .where('tenant_id', '=', ref.tenant)
      .where('folder_id', '=', folder)
      .executeTakeFirstOrThrow();
    const now = await folderById(store.tx, ref, folder);
    const right = {
      message_count: Number(counted.messages),
      unseen_count: Number(counted.unseen),
      associated_count: Number(counted.associated),
    };
    const wrong =
      Number(now.messages !== right.message_count) +
      Number(now.unseen !== right.unseen_count) +
      Number(now.associated !== right.associated_count);
    if (wrong > 0) await store.folders('counters').update().set(right).where('id', '=', folder).execute();
    return wrong;
  });
}
