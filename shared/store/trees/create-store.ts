import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import { appendChanges, CHANGE, type NewChange } from '../engine/changes.ts';
import { type FolderId, newGuid, type StoreId, type StoreRef, type TenantId, type UserId } from '../engine/ids.ts';
import { storesByPrimaryKey } from '../engine/store-lock.ts';
import { DEFAULT_FOLDERS, defaultFolderName, type FolderRole, HIDDEN_FOLDERS } from '../folders/default-folders.ts';
import { insertFolder } from '../folders/insert-folder.ts';
import { insertFreeBusyFolders } from './free-busy-folders.ts';

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
  if (there) throw new PamojaError('COLLISION', 'the company has a public store');
  const { ref, add, note, finish } = await beginStore(tx, tenant, { user_id: null, kind: 'public', locale }, now);
  const root = await add(null, 'root', 'root', '');
  await add(root, 'subtree', 'IPM_SUBTREE', '');
  const other = await add(root, 'non-ipm-subtree', 'NON_IPM_SUBTREE', '');
  for (const folder of await insertFreeBusyFolders(tx, ref, other, now)) note(folder);
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
    /** A folder that was made in another way. */
    note(folder: FolderId): void {
      changes.push({ kind: CHANGE.FOLDER_NEW, folder });
    },
    async finish(inbox: FolderId | null): Promise<void> {
      await appendChanges(tx, ref, 1, now, changes);
      await tx
        .updateTable(storesByPrimaryKey)
        .set({ inbox_folder_id: inbox, change_seq: changes.length })
        .where('tenant_id', '=', tenant)
        .where('id', '=', ref.store)
        .execute();
    },
  };
}
