import type { Database } from '../platform/database.ts';
import { appendChanges, CHANGE, type NewChange } from './changes.ts';
import { DEFAULT_FOLDERS, defaultFolderName, type FolderRole, HIDDEN_FOLDERS } from './default-folders.ts';
import { type FolderId, newGuid, type StoreId, type StoreRef, type TenantId, type UserId } from './ids.ts';

/** Makes a user's private store with its default folders, named in the language of `locale`, within the caller's transaction. */
export async function createStore(
  tx: Database,
  tenant: TenantId,
  user: UserId,
  locale: string,
  now: number,
): Promise<StoreRef> {
  const inserted = await tx
    .insertInto('stores')
    .values({ tenant_id: tenant, user_id: user, guid: newGuid(now), inbox_folder_id: null, locale, created_at: now })
    .executeTakeFirstOrThrow();
  const ref: StoreRef = { tenant, store: Number(inserted.insertId) as StoreId };
  const changes: NewChange[] = [];
  const add = async (
    parent: FolderId | null,
    role: FolderRole,
    name: string,
    containerClass: string,
  ): Promise<FolderId> => {
    const folder = await insertFolder(tx, ref, {
      parent,
      role,
      name,
      containerClass,
      subscribed: containerClass === 'IPF.Note',
      now,
    });
    changes.push({ kind: CHANGE.FOLDER_NEW, folder });
    return folder;
  };
  const root = await add(null, 'root', 'root', '');
  const subtree = await add(root, 'subtree', 'IPM_SUBTREE', '');
  for (const { role, name, containerClass } of HIDDEN_FOLDERS) await add(root, role, name, containerClass);
  let inbox: FolderId | null = null;
  for (const { role, containerClass } of DEFAULT_FOLDERS) {
    const folder = await add(subtree, role, defaultFolderName(role, locale), containerClass);
    if (role === 'inbox') inbox = folder;
  }
  await appendChanges(tx, ref, 1, now, changes);
  await tx
    .updateTable('stores')
    .set({ inbox_folder_id: inbox, change_seq: changes.length })
    .where('tenant_id', '=', tenant)
    .where('id', '=', ref.store)
    .execute();
  return ref;
}

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
      created_at: folder.now,
    })
    .executeTakeFirstOrThrow();
  return Number(inserted.insertId) as FolderId;
}
