import { type Selectable, sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import { collisionIfTaken } from '../../database/duplicate-key.ts';
import type { FoldersTable } from '../../database/schema.ts';
import { StatementCache } from '../../database/statement-cache.ts';
import { readTogether } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { PropertyBag } from '../../mapi/property.ts';
import { decodePropertyDocument } from '../../mapi/property-document.ts';
import { PR, type PropertyTag } from '../../mapi/property-tags.ts';
import { append } from '../../platform/append.ts';
import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import { derivedSourceKey } from '../engine/derived-source-key.ts';
import type { FolderId, StoreRef } from '../engine/ids.ts';
import { changeStore, type LockedStore } from '../engine/store-lock.ts';
import { changedBag } from '../stores/stores.ts';
import type { FolderRole } from './default-folders.ts';
import { requireFreeFolderGuid, requireFreeFolderKey } from './free-source-key.ts';
import { insertFolder } from './insert-folder.ts';

/** When a folder was deleted that nobody can have back: long ago, so that the next purge takes it. */
export const DELETED_FOR_GOOD = 1;

export const FOLDER_TYPE = { ROOT: 0, GENERIC: 1, SEARCH: 2 } as const;

/** A folder as MAPI sees it. */
export interface Folder extends StoreRef {
  id: FolderId;
  parent: FolderId | null;
  guid: Buffer;
  name: string;
  role: FolderRole | null;
  type: number;
  containerClass: string;
  messages: number;
  unread: number;
  associated: number;
  deletedMessages: number;
  properties: PropertyBag;
  /** Made here, not by a client. */
  native: boolean;
  sourceKey: Buffer | null;
  changedSeq: number;
  createdAt: number;
  modifiedAt: number;
  committedAt: number;
  /** 0 while it is live. */
  deletedAt: number;
  search: Buffer | null;
}

/** What a folder's row must have for {@link folderOf}. */
export const FOLDER_COLUMNS = [
  'id',
  'parent_id',
  'guid',
  'name',
  'role',
  'type',
  'container_class',
  'message_count',
  'unseen_count',
  'associated_count',
  'deleted_count',
  'properties',
  'source_key',
  'changed_seq',
  'created_at',
  'modified_at',
  'committed_at',
  'deleted_at',
  'search',
] as const;

type FolderRow = Pick<Selectable<FoldersTable>, (typeof FOLDER_COLUMNS)[number]>;

const rows = (db: Database, { tenant, store }: StoreRef) =>
  db.selectFrom('folders').select(FOLDER_COLUMNS).where('tenant_id', '=', tenant).where('store_id', '=', store);

export const folderOf = (ref: StoreRef, row: FolderRow): Folder => ({
  tenant: ref.tenant,
  store: ref.store,
  id: row.id as FolderId,
  parent: row.parent_id as FolderId | null,
  guid: row.guid,
  name: row.name,
  role: row.role as FolderRole | null,
  type: row.parent_id === null ? FOLDER_TYPE.ROOT : row.type,
  containerClass: row.container_class,
  messages: row.message_count,
  unread: row.unseen_count,
  associated: row.associated_count,
  deletedMessages: row.deleted_count,
  properties: row.properties ? decodePropertyDocument(row.properties) : new Map(),
  native: row.properties === null,
  sourceKey: row.source_key,
  changedSeq: row.changed_seq,
  createdAt: row.created_at,
  modifiedAt: row.modified_at || row.created_at,
  committedAt: row.committed_at,
  deletedAt: row.deleted_at,
  search: row.search,
});

/** A live folder by its GUID. Throws NOT_FOUND. */
export async function folderByGuid(db: Database, ref: StoreRef, guid: Buffer, deleted = false): Promise<Folder> {
  const row = await rows(db, ref)
    .where('guid', '=', guid)
    .where('deleted_at', deleted ? '>' : '=', deleted ? DELETED_FOR_GOOD : 0)
    .executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such folder');
  return folderOf(ref, row);
}

export async function folderById(db: Database, ref: StoreRef, id: FolderId): Promise<Folder> {
  const row = await rows(db, ref).where('id', '=', id).executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such folder');
  return folderOf(ref, row);
}

export async function rootFolder(db: Database, ref: StoreRef): Promise<Folder> {
  const row = await rows(db, ref).where('parent_id', 'is', null).executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'the store has no root');
  return folderOf(ref, row);
}

/** All live folders of a store, by their numbers. */
export async function listFolders(db: Database, ref: StoreRef): Promise<Folder[]> {
  const found = await rows(db, ref).where('deleted_at', '=', 0).orderBy('id').execute();
  return found.map((row) => folderOf(ref, row));
}

/** Folders by their numbers, deleted ones too; those that are purged are passed over. */
export async function foldersByIds(db: Database, ref: StoreRef, ids: readonly FolderId[]): Promise<Folder[]> {
  if (ids.length === 0) return [];
  const found = await rows(db, ref)
    .where('id', 'in', [...ids])
    .execute();
  return found.map((row) => folderOf(ref, row));
}

const surroundings = (db: Database, ref: StoreRef, folder: FolderId) =>
  rows(db, ref)
    .where('deleted_at', '=', 0)
    .where((is) =>
      is.or([
        is('id', '=', folder),
        is('parent_id', '=', folder),
        is('role', 'is not', null),
        is(
          'id',
          'in',
          db.selectFrom('folders').select('parent_id').where('tenant_id', '=', ref.tenant).where('id', '=', folder),
        ),
      ]),
    )
    .orderBy('id');

const deletedBelow = (db: Database, { tenant, store }: StoreRef, parent: FolderId) =>
  db
    .selectFrom('folders')
    .select((of) => of.fn.countAll<number>().as('n'))
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('deleted_at', '>', DELETED_FOR_GOOD)
    .where('parent_id', '=', parent);

const surroundingsText = new StatementCache<FolderRow>();
const deletedText = new StatementCache<{ n: number }>();

/** What a folder's properties are made of: it, those above and below it and those that have a role; and how many below it are soft-deleted. */
export async function surroundingsOf(
  db: Database,
  ref: StoreRef,
  folder: FolderId,
): Promise<{ folders: Folder[]; deleted: number }> {
  const { tenant, store } = ref;
  const [found, counts] = await readTogether(
    db,
    surroundingsText.of(db, '', [tenant, store, 0, folder, folder, tenant, folder], () =>
      surroundings(db, ref, folder),
    ),
    deletedText.of(db, '', [tenant, store, DELETED_FOR_GOOD, folder], () => deletedBelow(db, ref, folder)),
  );
  return { folders: found.map((row) => folderOf(ref, row)), deleted: Number(counts[0]?.n ?? 0) };
}

/** Soft-deleted folders under a parent. */
export async function deletedFolders(db: Database, ref: StoreRef, parent: FolderId): Promise<Folder[]> {
  const found = await rows(db, ref)
    .where('deleted_at', '>', DELETED_FOR_GOOD)
    .where('parent_id', '=', parent)
    .orderBy('id')
    .execute();
  return found.map((row) => folderOf(ref, row));
}

export interface NewMapiFolder {
  name: string;
  comment?: string | undefined;
  containerClass?: string | undefined;
  /** A property document to take over; null for a folder that no MAPI client has made. */
  properties?: Buffer | null;
  type: number;
  /** What the client wants its entry id to end with. */
  guid?: Buffer | undefined;
  sourceKey?: Buffer | undefined;
  openIfExists: boolean;
  syncId: number;
}

/** Makes a folder, or gives the one of that name. Throws COLLISION where there is one and it shall not be opened. */
export async function createMapiFolder(
  context: StoreContext,
  ref: StoreRef,
  parent: FolderId,
  wanted: NewMapiFolder,
): Promise<Folder> {
  const id = await changeStore(context, ref, (store) => createInStore(context, store, parent, wanted));
  return folderById(context.db, ref, id);
}

/** The same under the lock of the store. */
export async function createInStore(
  context: StoreContext,
  store: LockedStore,
  parent: FolderId,
  wanted: NewMapiFolder,
): Promise<FolderId> {
  const { tx } = store;
  const there = await rows(tx, store)
    .where('parent_id', '=', parent)
    .where('deleted_at', '=', 0)
    .where('name', '=', wanted.name)
    .executeTakeFirst();
  if (there) {
    if (!wanted.openIfExists || there.type !== wanted.type)
      throw new PamojaError('COLLISION', 'a folder of that name is already there');
    return there.id as FolderId;
  }
  const sourceKey = wanted.sourceKey && wanted.sourceKey.length > 0 ? wanted.sourceKey : null;
  const key = sourceKey ?? (wanted.guid && derivedSourceKey(wanted.guid));
  if (key) await requireFreeFolderKey(tx, store.tenant, key);
  if (wanted.guid) await requireFreeFolderGuid(tx, store.tenant, wanted.guid);
  const above = await folderById(tx, store, parent);
  if (above.deletedAt > 0) throw new PamojaError('NOT_FOUND', 'no such folder');
  return collisionIfTaken(
    'a folder of that name is already there',
    insertFolder(store, {
      parent,
      name: wanted.name,
      role: null,
      containerClass: wanted.containerClass ?? '',
      subscribed: true,
      now: context.clock(),
      type: wanted.type,
      guid: wanted.guid,
      sourceKey,
      properties:
        wanted.properties === undefined
          ? changedBag(null, new Map(wanted.comment === undefined ? [] : [[PR.COMMENT, wanted.comment]]), [])
          : wanted.properties,
      syncId: wanted.syncId,
    }),
  );
}

/** What of a folder has a column. */
export interface FolderColumns {
  name?: string | undefined;
  containerClass?: string | undefined;
  sourceKey?: Buffer | undefined;
}

/** Sets and removes properties of a folder. */
export async function changeFolderProperties(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  columns: FolderColumns,
  set: PropertyBag,
  removed: readonly PropertyTag[],
  syncId: number,
): Promise<Folder> {
  await changeStore(context, ref, async (store) => {
    const { tx } = store;
    const row = await rows(tx, ref).where('id', '=', folder).where('deleted_at', '=', 0).executeTakeFirst();
    if (!row) throw new PamojaError('NOT_FOUND', 'no such folder');
    const sourceKey = columns.sourceKey && columns.sourceKey.length > 0 ? columns.sourceKey : undefined;
    if (sourceKey) await requireFreeFolderKey(tx, ref.tenant, sourceKey, folder);
    const change = store.append({ kind: CHANGE.FOLDER_CHANGED, folder, syncId });
    await collisionIfTaken(
      'a folder of that name is already there',
      store
        .folders(change)
        .update()
        .set({
          properties: changedBag(row.properties, set, removed),
          modified_at: context.clock(),
          changed_seq: change,
          ...(columns.name === undefined ? {} : { name: columns.name }),
          ...(columns.containerClass === undefined ? {} : { container_class: columns.containerClass.slice(0, 64) }),
          ...(sourceKey ? { source_key: sourceKey } : {}),
        })
        .where('id', '=', folder)
        .execute(),
    );
  });
  return folderById(context.db, ref, folder);
}

/** Says what a folder is for; the folder that was for it before is none any more. Throws NOT_FOUND, and NO_SUPPORT for a search folder. */
export async function setFolderRole(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  role: FolderRole,
): Promise<void> {
  await changeStore(context, ref, async (store) =>
    giveRole(store, await holderOfMessages(store.tx, ref, folder), role),
  );
}

/** A live folder of the store that messages can be put into. Throws NOT_FOUND, and NO_SUPPORT for a search folder. */
export async function holderOfMessages(tx: Database, ref: StoreRef, folder: FolderId): Promise<Folder> {
  const found = await folderById(tx, ref, folder);
  if (found.deletedAt !== 0) throw new PamojaError('NOT_FOUND', 'the folder is deleted');
  if (found.type === FOLDER_TYPE.SEARCH)
    throw new PamojaError('NO_SUPPORT', 'a search folder has no messages of its own');
  return found;
}

/** Gives a folder its role, and takes it from the one that had it. */
export async function giveRole(store: LockedStore, folder: MapiFolder, role: FolderRole): Promise<void> {
  const roles = store.folders('role');
  await roles.update().set({ role: null }).where('role', '=', role).execute();
  await roles.update().set({ role }).where('id', '=', folder.id).execute();
  if (role === 'inbox') await store.update({ inbox_folder_id: folder.id });
}

/** A folder and all below it, those above first. */
export async function subtreeOf(db: Database, ref: StoreRef, folder: FolderId): Promise<Folder[]> {
  const all = await listFolders(db, ref);
  const found = all.filter(({ id }) => id === folder);
  for (let i = 0; i < found.length; i++)
    append(
      found,
      all.filter(({ parent }) => parent === found[i]?.id),
    );
  return found;
}

/** Counts a folder's messages anew, and says how many figures were wrong. */
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
      Number(now.unread !== right.unseen_count) +
      Number(now.associated !== right.associated_count);
    if (wrong > 0) await store.folders('counters').update().set(right).where('id', '=', folder).execute();
    return wrong;
  });
}
