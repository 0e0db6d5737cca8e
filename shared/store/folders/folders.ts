import { type Selectable, sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import { collisionIfTaken } from '../../database/duplicate-key.ts';
import type { FoldersTable } from '../../database/schema.ts';
import { PamojaError } from '../../mapi/error.ts';
import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreRef } from '../engine/ids.ts';
import { changeStore } from '../engine/store-lock.ts';
import type { FolderRole } from './default-folders.ts';
import { insertFolder } from './insert-folder.ts';

const NAME_TAKEN = 'a folder of that name is already there';

/** Whether a folder is one of those that a store needs: they are neither renamed nor deleted. */
export const isDefaultRole = (role: string | null): boolean => role !== null && role !== 'archive';

/** A folder as every protocol sees it. */
export interface Folder {
  id: FolderId;
  guid: Buffer;
  parent: FolderId | null;
  name: string;
  role: FolderRole | null;
  containerClass: string;
  uidValidity: number;
  uidNext: number;
  highestModseq: number;
  messages: number;
  unseen: number;
  size: number;
  subscribed: boolean;
  /** SHA-256 of the user and the name under which it has come among the subscriptions; null: it has not. */
  subscribedAs: Buffer | null;
  /** The highest uid that an IMAP session has been told of; null: what is there came before that was kept. */
  recentUid: number | null;
}

/** All live folders of a store. */
export async function listFolders(db: Database, { tenant, store }: StoreRef): Promise<Folder[]> {
  const rows = await db
    .selectFrom('folders')
    .select(COLUMNS)
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('deleted_at', '=', 0)
    .orderBy('id')
    .execute();
  return rows.map(folderOf);
}

/** A live folder of a store; undefined when it is gone. */
export async function folderById(
  db: Database,
  { tenant, store }: StoreRef,
  folder: FolderId,
): Promise<Folder | undefined> {
  const row = await db
    .selectFrom('folders')
    .select(COLUMNS)
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('id', '=', folder)
    .where('deleted_at', '=', 0)
    .executeTakeFirst();
  return row && folderOf(row);
}

const COLUMNS = [
  'id',
  'guid',
  'parent_id',
  'name',
  'role',
  'container_class',
  'uid_validity',
  'uid_next',
  'highest_modseq',
  'message_count',
  'unseen_count',
  'size',
  'subscribed',
  'subscribed_as',
  'recent_uid',
] as const;

const folderOf = (row: Pick<Selectable<FoldersTable>, (typeof COLUMNS)[number]>): Folder => ({
  id: row.id as FolderId,
  guid: row.guid,
  parent: row.parent_id as FolderId | null,
  name: row.name,
  role: row.role as FolderRole | null,
  containerClass: row.container_class,
  uidValidity: row.uid_validity,
  uidNext: row.uid_next,
  highestModseq: row.highest_modseq,
  messages: row.message_count,
  unseen: row.unseen_count,
  size: row.size,
  subscribed: row.subscribed === 1,
  subscribedAs: row.subscribed_as,
  recentUid: row.recent_uid,
});

/** The folder of a store that has a role. Throws when it is not there, which a store that was made here cannot be. */
export async function folderByRole(db: Database, { tenant, store }: StoreRef, role: FolderRole): Promise<FolderId> {
  const row = await db
    .selectFrom('folders')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('role', '=', role)
    .where('deleted_at', '=', 0)
    .executeTakeFirstOrThrow();
  return row.id as FolderId;
}

/** Makes a folder. Throws COLLISION when the parent has one of that name. */
export async function createFolder(
  context: StoreContext,
  ref: StoreRef,
  parent: FolderId,
  name: string,
): Promise<FolderId> {
  return changeStore(context, ref, async (store) => {
    await requireFolder(store.tx, ref, parent);
    const now = context.clock();
    return collisionIfTaken(
      NAME_TAKEN,
      insertFolder(store, { parent, name, role: null, containerClass: 'IPF.Note', subscribed: false, now }),
    );
  });
}

/** Renames a folder, moves it under another parent, or both. Throws COLLISION, or FOLDER_CYCLE for a move into itself. */
export async function moveFolder(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  parent: FolderId,
  name: string,
): Promise<void> {
  await changeStore(context, ref, async (store) => {
    await requireFolder(store.tx, ref, folder);
    for (let at: FolderId | null = parent; at !== null; ) {
      if (at === folder) throw new PamojaError('FOLDER_CYCLE', 'a folder cannot be moved into itself');
      at = (await requireFolder(store.tx, ref, at)).parent;
    }
    const change = store.append({ kind: CHANGE.FOLDER_CHANGED, folder });
    await collisionIfTaken(
      NAME_TAKEN,
      store.folders(change).update().set({ parent_id: parent, name }).where('id', '=', folder).execute(),
    );
  });
}

/**
 * Soft-deletes a folder with the messages in it (manual 7.5). Throws HAS_FOLDERS when it has folders below it,
 * and NO_ACCESS for a folder that the store needs.
 */
export async function deleteFolder(context: StoreContext, ref: StoreRef, folder: FolderId): Promise<void> {
  await changeStore(context, ref, async (store) => {
    const { role, messages, size } = await requireFolder(store.tx, ref, folder);
    if (isDefaultRole(role)) throw new PamojaError('NO_ACCESS', 'a default folder cannot be deleted');
    const child = await store.tx
      .selectFrom('folders')
      .select('id')
      .where('tenant_id', '=', ref.tenant)
      .where('store_id', '=', ref.store)
      .where('parent_id', '=', folder)
      .where('deleted_at', '=', 0)
      .executeTakeFirst();
    if (child) throw new PamojaError('HAS_FOLDERS', 'the folder has folders below it');
    const now = context.clock();
    const change = store.append({ kind: CHANGE.FOLDER_GONE, folder });
    await store
      .messages(change)
      .update()
      .set({ deleted: 1, deleted_at: now })
      .where('folder_id', '=', folder)
      .where('deleted', '=', 0)
      .execute();
    await store
      .folders(change)
      .update()
      .set({
        deleted_at: now,
        deleted_count: sql<number>`\`deleted_count\` + \`message_count\``,
        message_count: 0,
        unseen_count: 0,
        size: 0,
      })
      .where('id', '=', folder)
      .execute();
    store.count({ size: -size, messages: -messages });
  });
}

async function requireFolder(tx: Database, ref: StoreRef, folder: FolderId) {
  const row = await tx
    .selectFrom('folders')
    .select(['parent_id', 'role', 'message_count', 'size'])
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('id', '=', folder)
    .where('deleted_at', '=', 0)
    .executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such folder');
  return { parent: row.parent_id as FolderId | null, role: row.role, messages: row.message_count, size: row.size };
}
