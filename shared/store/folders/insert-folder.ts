import { type FolderId, newGuid } from '../engine/ids.ts';
import type { LockedStore } from '../engine/store-lock.ts';
import type { FolderRole } from './default-folders.ts';

/** A folder to be made; what is left out has the default of its column. */
export interface NewFolder {
  parent: FolderId | null;
  name: string;
  role: FolderRole | null;
  containerClass: string;
  subscribed: boolean;
  /** Milliseconds since 1970 (UTC). */
  now: number;
  type?: number;
  guid?: Buffer | undefined;
  sourceKey?: Buffer | null;
  /** A property document; null for a folder that no MAPI client has made. */
  properties?: Buffer | null;
  /** The synchronisation that makes it. */
  syncId?: number | undefined;
}

/**
 * Inserts the row of a folder, and appends the change that tells of it. UIDVALIDITY is the second of its making, or one more than any other
 * folder of the store has: so a name that goes to another folder, by deleting or renaming, never comes with an old value (RFC 3501 §2.3.1.1).
 */
export async function insertFolder(store: LockedStore, folder: NewFolder): Promise<FolderId> {
  const { last } = await store.tx
    .selectFrom('folders')
    .select((query) => query.fn.max('uid_validity').as('last'))
    .where('tenant_id', '=', store.tenant)
    .where('store_id', '=', store.store)
    .executeTakeFirstOrThrow();
  return store.appendNewFolder(folder.syncId, async (change) => {
    const inserted = await store
      .folders(change)
      .insert({
        parent_id: folder.parent,
        guid: folder.guid ?? newGuid(folder.now),
        name: folder.name,
        container_class: folder.containerClass,
        role: folder.role,
        uid_validity: Math.max(Math.floor(folder.now / 1000), Number(last ?? 0) + 1),
        subscribed: folder.subscribed ? 1 : 0,
        recent_uid: 0,
        created_at: folder.now,
        changed_seq: change,
        ...(folder.type === undefined ? {} : { type: folder.type }),
        source_key: folder.sourceKey ?? null,
        properties: folder.properties ?? null,
      })
      .executeTakeFirstOrThrow();
    return Number(inserted.insertId) as FolderId;
  });
}
