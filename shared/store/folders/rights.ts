import type { Selectable } from 'kysely';
import type { Database } from '../../database/database.ts';
import type { Schema } from '../../database/schema.ts';
import { inTransaction } from '../../database/transaction.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreId, StoreRef, TenantId, UserId } from '../engine/ids.ts';
import type { MapiStore } from '../stores/stores.ts';
import type { Folder } from './folder.ts';

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

export const ALL_RIGHTS =
  RIGHT.READ |
  RIGHT.CREATE |
  RIGHT.EDIT_OWN |
  RIGHT.DELETE_OWN |
  RIGHT.EDIT_ALL |
  RIGHT.DELETE_ALL |
  RIGHT.CREATE_SUBFOLDER |
  RIGHT.FOLDER_OWNER |
  RIGHT.VISIBLE;

/** The rights of all users of a tenant in its public store, where no entry decides. */
export const PUBLIC_RIGHTS =
  RIGHT.READ | RIGHT.CREATE | RIGHT.EDIT_OWN | RIGHT.DELETE_OWN | RIGHT.CREATE_SUBFOLDER | RIGHT.VISIBLE;

/** The user whose rights are asked for. `groups` are the ids of all groups that the user is in; 0 is Everyone. */
export interface Asker {
  tenant: TenantId;
  user: UserId;
  groups: readonly number[];
}

/** One entry of a folder's access control list. `member` 0 of kind group is Everyone; a tenant (kind company) stands for all its users, whichever tenant the store is of. */
export interface AclEntry {
  kind: 'user' | 'group' | 'company';
  member: number;
  denied: boolean;
  rights: number;
}

/** The member that stands for Everyone. */
export const EVERYONE_MEMBER = { kind: 'group', member: 0 } as const;

/** The entries of a folder itself. */
export async function listAcl(db: Database, ref: StoreRef, folder: FolderId): Promise<AclEntry[]> {
  const rows = await db
    .selectFrom('acls')
    .selectAll()
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('folder_id', '=', folder)
    .execute();
  return rows.map(entryOf);
}

const entryOf = (row: Selectable<Schema['acls']>): AclEntry => ({
  kind: row.kind as AclEntry['kind'],
  member: row.member_id,
  denied: row.denied === 1,
  rights: row.rights,
});

/** Adds, changes and removes entries of a folder. */
export async function changeAcl(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  set: readonly AclEntry[],
  removed: readonly Pick<AclEntry, 'kind' | 'member' | 'denied'>[],
): Promise<void> {
  await inTransaction(context.db, async (tx) => {
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

/** The entries of a store, by folder. */
export type StoreAcl = ReadonlyMap<FolderId, readonly AclEntry[]>;

/** All entries of a store. */
export async function aclOfStore(db: Database, ref: StoreRef): Promise<StoreAcl> {
  const rows = await db
    .selectFrom('acls')
    .selectAll()
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .execute();
  const acl = new Map<FolderId, AclEntry[]>();
  for (const row of rows) {
    const folder = row.folder_id as FolderId;
    acl.set(folder, [...(acl.get(folder) ?? []), entryOf(row)]);
  }
  return acl;
}

/** The rights of a user by folder: the folder itself decides, or the nearest one above it that has entries for the user. */
export function rightsIn(
  kind: MapiStore['kind'],
  acl: StoreAcl,
  folders: readonly Pick<Folder, 'id' | 'parent'>[],
  asker: Asker,
): (folder: FolderId) => number {
  const parents = new Map(folders.map(({ id, parent }) => [id, parent]));
  const isMine = ({ kind: whose, member }: AclEntry) =>
    whose === 'user'
      ? member === asker.user
      : whose === 'company'
        ? member === asker.tenant
        : asker.groups.includes(member);
  return (folder) => {
    for (let at: FolderId | null | undefined = folder; at; at = parents.get(at)) {
      const mine = (acl.get(at) ?? []).filter(isMine);
      if (mine.length === 0) continue;
      const sum = (denied: boolean) =>
        mine.filter((entry) => entry.denied === denied).reduce((rights, entry) => rights | entry.rights, 0);
      return sum(false) & ~sum(true);
    }
    return kind === 'public' ? PUBLIC_RIGHTS : 0;
  };
}

/** A store of another user in which a user has rights. */
export interface SharedStore extends StoreRef {
  owner: UserId;
  /** The owner's login. */
  login: string;
}

/** The stores of active users of a tenant that have entries for a user, by login. */
export async function storesSharedWith(db: Database, tenant: TenantId, asker: Asker): Promise<SharedStore[]> {
  const rows = await db
    .selectFrom('acls')
    .innerJoin('stores', (join) =>
      join.onRef('stores.tenant_id', '=', 'acls.tenant_id').onRef('stores.id', '=', 'acls.store_id'),
    )
    .innerJoin('users', (join) =>
      join.onRef('users.tenant_id', '=', 'stores.tenant_id').onRef('users.id', '=', 'stores.user_id'),
    )
    .select(['stores.id', 'users.id as owner', 'users.login'])
    .distinct()
    .where('acls.tenant_id', '=', tenant)
    .where('acls.denied', '=', 0)
    .where((where) =>
      where.or([
        where('acls.kind', '=', 'user').and('acls.member_id', '=', asker.user),
        where('acls.kind', '=', 'group').and('acls.member_id', 'in', [...asker.groups]),
        where('acls.kind', '=', 'company').and('acls.member_id', '=', asker.tenant),
      ]),
    )
    .where('stores.kind', '=', 'private')
    .where('stores.removed_at', 'is', null)
    .where('users.active', '=', 1)
    .where('users.id', '!=', asker.user)
    .orderBy('users.login')
    .execute();
  return rows.map(({ id, owner, login }) => ({ tenant, store: id as StoreId, owner: owner as UserId, login }));
}
