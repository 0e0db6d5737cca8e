import { KopanoError } from '../mapi/error.ts';
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
  const { ref, add, finish } = await beginStore(tx, tenant, { user_id: user, kind: 'private', locale }, now);
  const root = await add(null, 'root', 'root', '');
  const subtree = await add(root, 'subtree', 'IPM_SUBTREE', '');
  for (const { role, name, containerClass } of HIDDEN_FOLDERS) await add(root, role, name, containerClass);
  let inbox: FolderId | null = null;
  for (const { role, containerClass } of DEFAULT_FOLDERS) {
    const folder = await add(subtree, role, defaultFolderName(role, locale), containerClass);
    if (role === 'inbox') inbox = folder;
  }
  await finish(inbox);
  return ref;
}

/** Makes the public store of a tenant, which every user can open (manual 8.1). Throws COLLISION when it has one. */
export async function createPublicStore(
  tx: Database,
  tenant: TenantId,
  locale: string,
  now: number,
): Promise<StoreRef> {
  const there = await tx
    .selectFrom('stores')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('kind', '=', 'public')
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (there) throw new KopanoError('COLLISION', 'the company has a public store');
  const { ref, add, finish } = await beginStore(tx, tenant, { user_id: null, kind: 'public', locale }, now);
  const root = await add(null, 'root', 'root', '');
  await add(root, 'subtree', 'IPM_SUBTREE', '');
  await add(root, 'non-ipm-subtree', 'NON_IPM_SUBTREE', '');
  await finish(null);
  return ref;
}

/** The row of a new store, what adds folders to it, and what writes down that they are all there. */
async function beginStore(
  tx: Database,
  tenant: TenantId,
  store: { user_id: UserId | null; kind: 'private' | 'public'; locale: string },
  now: number,
) {
  const inserted = await tx
    .insertInto('stores')
    .values({ ...store, tenant_id: tenant, guid: newGuid(now), inbox_folder_id: null, created_at: now })
    .executeTakeFirstOrThrow();
  const ref: StoreRef = { tenant, store: Number(inserted.insertId) as StoreId };
  const changes: NewChange[] = [];
  return {
    ref,
    async add(parent: FolderId | null, role: FolderRole, name: string, containerClass: string): Promise<FolderId> {
      const subscribed = containerClass === 'IPF.Note';
      const folder = await insertFolder(tx, ref, { parent, role, name, containerClass, subscribed, now });
      changes.push({ kind: CHANGE.FOLDER_NEW, folder });
      return folder;
    },
    async finish(inbox: FolderId | null): Promise<void> {
      await appendChanges(tx, ref, 1, now, changes);
      await tx
        .updateTable('stores')
        .set({ inbox_folder_id: inbox, change_seq: changes.length })
        .where('tenant_id', '=', tenant)
        .where('id', '=', ref.store)
        .execute();
    },
  };
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
