import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, MessageId, StoreRef, Uid } from '../engine/ids.ts';
import { changeStore, type LockedStore } from '../engine/store-lock.ts';
import { DELETED_FOR_GOOD, folderByRole } from '../folders/folder.ts';
import { changeFolder, type FolderOutcome, type LockedMessage, totals } from '../messages/change-folder.ts';

// The soft-deleted items of a store, and how they are restored (manual 7.5 and 10.1).

/** A message that was soft-deleted and can be restored. */
export interface DeletedMessage {
  id: MessageId;
  folder: FolderId;
  folderName: string;
  subject: string;
  sender: string;
  /** Bytes. */
  size: number;
  /** Milliseconds since 1970 (UTC). */
  receivedAt: number;
  deletedAt: number;
}

export interface DeletedFolder {
  id: FolderId;
  name: string;
  messages: number;
  deletedAt: number;
}

/** Soft-deleted messages of a store with ids after the given one, ascending, at most `limit`. */
export async function listDeletedMessages(
  db: Database,
  { tenant, store }: StoreRef,
  after: MessageId,
  limit: number,
): Promise<DeletedMessage[]> {
  const rows = await db
    .selectFrom('messages')
    .innerJoin('folders', (join) =>
      join.onRef('folders.tenant_id', '=', 'messages.tenant_id').onRef('folders.id', '=', 'messages.folder_id'),
    )
    .select(['messages.id', 'messages.folder_id', 'folders.name', 'messages.subject', 'messages.sender_address'])
    .select(['messages.size', 'messages.received_at', 'messages.deleted_at'])
    .where('messages.tenant_id', '=', tenant)
    .where('messages.store_id', '=', store)
    .where('messages.deleted', '=', 1)
    .where('messages.id', '>', after)
    .orderBy('messages.id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    folder: row.folder_id as FolderId,
    folderName: row.name,
    subject: row.subject,
    sender: row.sender_address,
    size: row.size,
    receivedAt: row.received_at,
    deletedAt: row.deleted_at ?? 0,
  }));
}

export async function listDeletedFolders(db: Database, { tenant, store }: StoreRef): Promise<DeletedFolder[]> {
  const rows = await db
    .selectFrom('folders')
    .select(['id', 'name', 'deleted_count', 'deleted_at'])
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('deleted_at', '>', DELETED_FOR_GOOD)
    .orderBy('deleted_at')
    .execute();
  return rows.map((row) => ({
    id: row.id as FolderId,
    name: row.name,
    messages: row.deleted_count,
    deletedAt: row.deleted_at,
  }));
}

/**
 * Restores soft-deleted messages to the folders that they were in, or to the Inbox where the folder is gone; each gets a new uid. Returns how
 * many were restored. Throws STORE_FULL when they exceed the quota; messages of that folder then stay deleted.
 */
export async function restoreMessages(
  context: StoreContext,
  ref: StoreRef,
  ids: readonly MessageId[],
  hardQuota: number,
): Promise<number> {
  if (ids.length === 0) return 0;
  const places = await context.db
    .selectFrom('messages')
    .innerJoin('folders', (join) =>
      join.onRef('folders.tenant_id', '=', 'messages.tenant_id').onRef('folders.id', '=', 'messages.folder_id'),
    )
    .select(['messages.folder_id', 'folders.deleted_at'])
    .distinct()
    .where('messages.tenant_id', '=', ref.tenant)
    .where('messages.store_id', '=', ref.store)
    .where('messages.id', 'in', ids)
    .where('messages.deleted', '=', 1)
    .execute();
  let restored = 0;
  for (const place of places) {
    const from = place.folder_id as FolderId;
    const to = place.deleted_at === 0 ? from : await folderByRole(context.db, ref, 'inbox');
    restored += await changeFolder(context, ref, to, async (store, folder) => {
      const rows = await deletedRows(store.tx, ref, from, ids);
      requireRoom(store, totals(rows).size, hardQuota);
      return bringBack(store, rows, from, { id: to, ...folder }, context.clock());
    });
  }
  return restored;
}

/**
 * Restores a soft-deleted folder with the messages that were deleted with it; below IPM_SUBTREE where its parent is gone, under another
 * name where its own is taken. Its rights and annotations were removed when it was deleted. Returns its name. Throws NOT_FOUND and STORE_FULL.
 */
export async function restoreFolder(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  hardQuota: number,
): Promise<string> {
  return changeStore(context, ref, async (store) => {
    const { tx } = store;
    const row = await tx
      .selectFrom('folders')
      .select(['name', 'parent_id', 'deleted_at'])
      .where('tenant_id', '=', ref.tenant)
      .where('store_id', '=', ref.store)
      .where('id', '=', folder)
      .where('deleted_at', '>', DELETED_FOR_GOOD)
      .executeTakeFirst();
    if (!row) throw new PamojaError('NOT_FOUND', 'no such deleted folder');
    const parent = await liveParent(tx, ref, row.parent_id as FolderId | null);
    const name = await freeName(tx, ref, parent, row.name);
    const change = store.append({ kind: CHANGE.FOLDER_NEW, folder });
    await store
      .folders(change)
      .update()
      .set({ deleted_at: 0, parent_id: parent, name, modified_at: context.clock(), changed_seq: change })
      .where('id', '=', folder)
      .execute();
    const rows = await deletedRows(tx, ref, folder, 'all', row.deleted_at);
    const sum = totals(rows);
    requireRoom(store, sum.size, hardQuota);
    // Its messages keep their uids: nobody could select the folder meanwhile.
    await store
      .messages(change)
      .update()
      .set({ deleted: 0, deleted_at: null })
      .where('folder_id', '=', folder)
      .where('deleted', '=', 1)
      .where('deleted_at', '=', row.deleted_at)
      .execute();
    await store
      .folders('counters')
      .update()
      .set({
        message_count: sum.messages,
        unseen_count: sum.unseen,
        size: sum.size,
        deleted_count: sql<number>`\`deleted_count\` - ${sum.messages}`,
      })
      .where('id', '=', folder)
      .execute();
    store.count(sum);
    return name;
  });
}

function requireRoom(store: LockedStore, size: number, hardQuota: number): void {
  if (hardQuota > 0 && store.size + size > hardQuota) throw new PamojaError('STORE_FULL', 'the store is full');
}

async function bringBack(
  store: LockedStore,
  rows: readonly LockedMessage[],
  from: FolderId,
  to: { id: FolderId; uidNext: number },
  now: number,
): Promise<FolderOutcome<number>> {
  for (const [i, row] of rows.entries()) {
    const uid = (to.uidNext + i) as Uid;
    const change = store.append({ kind: CHANGE.MESSAGE_NEW, folder: to.id, uid, message: row.id });
    await store
      .messages(change)
      .update()
      .set({
        folder_id: to.id,
        uid,
        arrival_uid: uid,
        deleted: 0,
        deleted_at: null,
        modseq: change,
        saved_at: now,
      })
      .where('id', '=', row.id)
      .execute();
  }
  const sum = totals(rows);
  if (from !== to.id)
    await store
      .folders('counters')
      .update()
      .set({ deleted_count: sql<number>`\`deleted_count\` - ${rows.length}` })
      .where('id', '=', from)
      .execute();
  return {
    result: rows.length,
    delta: { ...sum, deleted: from === to.id ? -rows.length : 0 },
    uidsUsed: rows.length,
  };
}

async function deletedRows(
  tx: Database,
  ref: StoreRef,
  folder: FolderId,
  ids: readonly MessageId[] | 'all',
  deletedAt?: number,
): Promise<LockedMessage[]> {
  return tx
    .selectFrom('messages')
    .select(['uid', 'id', 'modseq', 'flags', 'keywords', 'size'])
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('folder_id', '=', folder)
    .where('deleted', '=', 1)
    .$if(ids !== 'all', (query) => query.where('id', 'in', ids === 'all' ? [] : ids))
    .$if(deletedAt !== undefined, (query) => query.where('deleted_at', '=', deletedAt ?? 0))
    .orderBy('uid')
    .execute();
}

async function liveParent(tx: Database, ref: StoreRef, parent: FolderId | null): Promise<FolderId> {
  const row =
    parent === null
      ? undefined
      : await tx
          .selectFrom('folders')
          .select('id')
          .where('tenant_id', '=', ref.tenant)
          .where('store_id', '=', ref.store)
          .where('id', '=', parent)
          .where('deleted_at', '=', 0)
          .executeTakeFirst();
  return row ? (row.id as FolderId) : folderByRole(tx, ref, 'subtree');
}

async function freeName(tx: Database, ref: StoreRef, parent: FolderId, name: string): Promise<string> {
  const rows = await tx
    .selectFrom('folders')
    .select('name')
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('parent_id', '=', parent)
    .where('deleted_at', '=', 0)
    .execute();
  const taken = new Set(rows.map((row) => row.name));
  for (let n = 0; ; n++) {
    const candidate = n === 0 ? name : `${name.slice(0, 240)} (${n})`;
    if (!taken.has(candidate)) return candidate;
  }
}
