import type { Database } from '../../database/database.ts';
import { type FolderId, newGuid, type StoreRef } from '../engine/ids.ts';
import type { FolderRole } from './default-folders.ts';

export interface NewFolder {
  parent: FolderId | null;
  name: string;
  role: FolderRole | null;
  containerClass: string;
  subscribed: boolean;
  now: number;
}

/**
 * Inserts the row of a folder. UIDVALIDITY is the second of its making, or one more than any other folder of the store has:
 * so a name that goes to another folder, by deleting or renaming, never comes with an old value (RFC 3501 §2.3.1.1).
 */
export async function insertFolder(tx: Database, { tenant, store }: StoreRef, folder: NewFolder): Promise<FolderId> {
  const { last } = await tx
    .selectFrom('folders')
    .select((query) => query.fn.max('uid_validity').as('last'))
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .executeTakeFirstOrThrow();
  const inserted = await tx
    .insertInto('folders')
    .values({
      tenant_id: tenant,
      store_id: store,
      parent_id: folder.parent,
      guid: newGuid(folder.now),
      name: folder.name,
      container_class: folder.containerClass,
      role: folder.role,
      uid_validity: Math.max(Math.floor(folder.now / 1000), Number(last ?? 0) + 1),
      subscribed: folder.subscribed ? 1 : 0,
      recent_uid: 0,
      created_at: folder.now,
    })
    .executeTakeFirstOrThrow();
  return Number(inserted.insertId) as FolderId;
}
