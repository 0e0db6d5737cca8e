import type { Database } from '../platform/database.ts';
import type { StoreContext } from './context.ts';
import type { FolderId, StoreRef, UserId } from './ids.ts';
import type { MapiFolder } from './mapi-folders.ts';
import type { MapiStore } from './mapi-stores.ts';

/** Rights on a folder (manual 8.3.4; PR_MEMBER_RIGHTS of MS-OXCPERM §2.2.7). */
export const RIGHT = {
  READ: 0x1,
  CREATE: 0x2,
  EDIT_OWN: 0x8,
  DELETE_OWN: 0x10,
  EDIT_ALL: 0x20,
  DELETE_ALL: 0x40,
  CREATE_SUBFOLDER: 0x80,
  FOLDER_OWNER: 0x100,
  VISIBLE: 0x400,
} as const;

export const ALL_RIGHTS = 0x5fb;

/** What everybody of a company may do in its public store, where nothing else is said. */
const PUBLIC_RIGHTS =
  RIGHT.READ | RIGHT.CREATE | RIGHT.EDIT_OWN | RIGHT.DELETE_OWN | RIGHT.CREATE_SUBFOLDER | RIGHT.VISIBLE;

/** Who asks. `groups` are the numbers of all groups that the user is in; 0 is Everyone. */
export interface Asker {
  user: UserId;
  groups: readonly number[];
}

/** One entry of a folder's list. `member` 0 of kind group is Everyone. */
export interface AclEntry {
  kind: 'user' | 'group';
  member: number;
  denied: boolean;
  rights: number;
}

/** The entries of a folder itself. */
export async function listAcl(db: Database, ref: StoreRef, folder: FolderId): Promise<AclEntry[]> {
  const rows = await db
    .selectFrom('acls')
    .selectAll()
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('folder_id', '=', folder)
    .execute();
  return rows.map((row) => ({
    kind: row.kind as AclEntry['kind'],
    member: row.member_id,
    denied: row.denied === 1,
    rights: row.rights,
  }));
}

/** Adds, changes and removes entries of a folder. */
export async function changeAcl(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  set: readonly AclEntry[],
  removed: readonly Pick<AclEntry, 'kind' | 'member' | 'denied'>[],
): Promise<void> {
  await context.db.transaction().execute(async (tx) => {
    for (const entry of removed)
      await tx
        .deleteFrom('acls')
        .where('tenant_id', '=', ref.tenant)
        .where('store_id', '=', ref.store)
        .where('folder_id', '=', folder)
        .where('kind', '=', entry.kind)
        .where('member_id', '=', entry.member)
        .where('denied', '=', entry.denied ? 1 : 0)
        .execute();
    for (const entry of set)
      await tx
        .insertInto('acls')
        .values({
          tenant_id: ref.tenant,
          store_id: ref.store,
          folder_id: folder,
          kind: entry.kind,
          member_id: entry.member,
          denied: entry.denied ? 1 : 0,
          rights: entry.rights,
        })
        .onDuplicateKeyUpdate({ rights: entry.rights })
        .execute();
  });
}

/**
 * What somebody who is neither owner nor administrator may do in a folder: the nearest folder above it, itself first, that has entries
 * for them decides.
 */
export async function grantedRights(
  db: Database,
  store: MapiStore,
  folders: readonly Pick<MapiFolder, 'id' | 'parent'>[],
  folder: FolderId,
  asker: Asker,
): Promise<number> {
  const rows = await db
    .selectFrom('acls')
    .selectAll()
    .where('tenant_id', '=', store.tenant)
    .where('store_id', '=', store.store)
    .execute();
  const parents = new Map(folders.map(({ id, parent }) => [id, parent]));
  for (let at: FolderId | null | undefined = folder; at; at = parents.get(at)) {
    const mine = rows.filter(
      (row) =>
        row.folder_id === at &&
        (row.kind === 'user' ? row.member_id === asker.user : asker.groups.includes(row.member_id)),
    );
    if (mine.length === 0) continue;
    const granted = mine.filter((row) => row.denied === 0).reduce((sum, row) => sum | row.rights, 0);
    const denied = mine.filter((row) => row.denied === 1).reduce((sum, row) => sum | row.rights, 0);
    return granted & ~denied;
  }
  return store.kind === 'public' ? PUBLIC_RIGHTS : 0;
}
