import type { Database } from '../../database/database.ts';
import { collisionIfTaken } from '../../database/duplicate-key.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { PropertyBag } from '../../mapi/property.ts';
import { encodePropertyDocument } from '../../mapi/property-document.ts';
import type { StoreContext } from '../engine/context.ts';
import { derivedSourceKey } from '../engine/derived-source-key.ts';
import { type FolderId, newGuid, type StoreRef } from '../engine/ids.ts';
import { changeStore, type LockedStore } from '../engine/store-lock.ts';
import type { FolderRole } from './default-folders.ts';
import { FOLDER_TYPE, type Folder, folderById, liveFolder } from './folder.ts';
import { giveRole } from './folder-role.ts';
import { requireFreeFolderGuid, requireFreeFolderKey } from './free-source-key.ts';

export const NAME_TAKEN = 'a folder of that name is already there';

/** Characters of `folders.name`. */
const MAX_NAME = 255;

/** A folder to be made. */
export interface NewFolder {
  /** Null for the root of a store. */
  parent: FolderId | null;
  name: string;
  /** One of FOLDER_TYPE; left out, it holds messages. */
  type?: number;
  /** The folder that has the role, where there is one, loses it. */
  role?: FolderRole | null;
  /** PR_CONTAINER_CLASS. */
  containerClass?: string;
  /** True: IMAP lists the folder among the subscribed ones of the owner. */
  subscribed?: boolean;
  /** Properties without a column; left out for folders that no MAPI client makes. */
  properties?: PropertyBag | undefined;
  /** The last part of the entry id, where a client has chosen it. */
  guid?: Buffer | undefined;
  /** The source key that a client has chosen; empty for none. */
  sourceKey?: Buffer | undefined;
  /** The synchronisation that makes it. */
  syncId?: number | undefined;
}

/** A folder that is made below another. */
export interface NewSubfolder extends NewFolder {
  parent: FolderId;
  /** True: an existing folder of that name and type is returned, instead of an error. */
  openIfExists?: boolean;
}

/**
 * Makes a folder below another. Throws COLLISION where the parent has one of that name, and for an entry id or a source key that another
 * folder has; NOT_FOUND for a parent that is gone, NO_SUPPORT for a search folder.
 */
export async function createFolder(context: StoreContext, ref: StoreRef, wanted: NewSubfolder): Promise<Folder> {
  const id = await changeStore(context, ref, (store) => createFolderIn(store, wanted, context.clock()));
  return folderById(context.db, ref, id);
}

/** Makes a folder as {@link createFolder} does, under the lock of the store. */
export async function createFolderIn(store: LockedStore, wanted: NewSubfolder, now: number): Promise<FolderId> {
  requireFolderName(wanted.name);
  const there = await store.tx
    .selectFrom('folders')
    .select(['id', 'type'])
    .where('tenant_id', '=', store.tenant)
    .where('store_id', '=', store.store)
    .where('parent_id', '=', wanted.parent)
    .where('deleted_at', '=', 0)
    .where('name', '=', wanted.name)
    .executeTakeFirst();
  if (there) {
    if (!wanted.openIfExists || there.type !== (wanted.type ?? FOLDER_TYPE.GENERIC))
      throw new PamojaError('COLLISION', NAME_TAKEN);
    return there.id as FolderId;
  }
  const { guid, sourceKey } = wanted;
  const key = sourceKey && sourceKey.length > 0 ? sourceKey : guid && derivedSourceKey(guid);
  if (key) await requireFreeFolderKey(store.tx, store.tenant, key);
  if (guid) await requireFreeFolderGuid(store.tx, store.tenant, guid);
  await requireParent(store.tx, store, wanted.parent);
  const id = await collisionIfTaken(NAME_TAKEN, insertFolder(store, { ...wanted, role: null }, now));
  if (wanted.role) await giveRole(store, { id }, wanted.role);
  return id;
}

/** Throws INVALID_PARAMETER for an empty name, and TOO_BIG for one that its column does not hold. */
export function requireFolderName(name: string): void {
  if (name === '') throw new PamojaError('INVALID_PARAMETER', 'a folder has a name');
  if (name.length > MAX_NAME)
    throw new PamojaError('TOO_BIG', `the name of a folder has ${MAX_NAME} characters or less`);
}

/** Throws NOT_FOUND for a folder that is gone, and NO_SUPPORT for one that has no folders below it. */
export async function requireParent(tx: Database, ref: StoreRef, parent: FolderId): Promise<void> {
  const { type } = await liveFolder(tx, ref, parent);
  if (type === FOLDER_TYPE.SEARCH) throw new PamojaError('NO_SUPPORT', 'a search folder has no folders');
}

/**
 * Inserts the row of a folder, and appends the change that tells of it. UIDVALIDITY is the second of its making, or one more than any other
 * folder of the store has: so a name that goes to another folder, by deleting or renaming, never comes with an old value (RFC 3501 §2.3.1.1).
 */
export async function insertFolder(store: LockedStore, folder: NewFolder, now: number): Promise<FolderId> {
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
        guid: folder.guid ?? newGuid(now),
        name: folder.name,
        type: folder.type ?? FOLDER_TYPE.GENERIC,
        container_class: folder.containerClass ?? '',
        role: folder.role ?? null,
        uid_validity: Math.max(Math.floor(now / 1000), Number(last ?? 0) + 1),
        subscribed: folder.subscribed ? 1 : 0,
        recent_uid: 0,
        created_at: now,
        changed_seq: change,
        source_key: folder.sourceKey && folder.sourceKey.length > 0 ? folder.sourceKey : null,
        properties: folder.properties ? encodePropertyDocument(folder.properties) : null,
      })
      .executeTakeFirstOrThrow();
    return Number(inserted.insertId) as FolderId;
  });
}
