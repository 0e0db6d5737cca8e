import type { Selectable } from 'kysely';
import type { Database } from '../../database/database.ts';
import type { FoldersTable, StoresTable } from '../../database/schema.ts';
import { FOLDER_TYPE } from '../folders/folder.ts';

/** Reports an inconsistency where `expected` and `found` differ. */
export type Expect = (what: string, where: string, expected: number | string, found: number | string) => void;

type StoreRow = Selectable<StoresTable>;
type FolderRow = Selectable<FoldersTable>;

/** Checks the rows of a store against each other: its owner, the tree of its folders, their roles, and references to folders. */
export async function checkStructure(
  db: Database,
  store: StoreRow,
  folders: readonly FolderRow[],
  expect: Expect,
): Promise<void> {
  await checkOwner(db, store, expect);
  checkTree(store, folders, expect);
  checkRoles(store, folders, expect);
  await checkReferences(db, store, folders, expect);
}

/** Checks that a store has a user of its own tenant, or is public, or an orphan. */
async function checkOwner(db: Database, store: StoreRow, expect: Expect): Promise<void> {
  const where = `store ${store.id}`;
  const owner = store.user_id ?? store.archive_user_id;
  if (owner === null) {
    if (store.kind !== 'public' && store.former_login === null)
      expect('owner of a store', where, 'a user or a former login', 'neither');
    return;
  }
  expect('owner of an orphan', where, 'none', store.former_login === null ? 'none' : `user ${owner}`);
  if (store.kind === 'public') expect('owner of a public store', where, 'none', `user ${owner}`);
  const user = await db
    .selectFrom('users')
    .select('id')
    .where('tenant_id', '=', store.tenant_id)
    .where('id', '=', owner)
    .executeTakeFirst();
  if (!user) expect('owner of a store', where, `user ${owner} of its tenant`, 'missing');
}

/** Checks that there is one root, and that every other folder is below a live one of the same store. */
function checkTree(store: StoreRow, folders: readonly FolderRow[], expect: Expect): void {
  const live = new Map(folders.filter(isLive).map((folder) => [folder.id, folder]));
  const roots = [...live.values()].filter(({ parent_id }) => parent_id === null);
  expect('root folders', `store ${store.id}`, 1, roots.length);
  for (const folder of live.values()) {
    const seen = new Set<number>();
    for (let at: FolderRow | undefined = folder; at && at.parent_id !== null; at = live.get(at.parent_id)) {
      if (!live.has(at.parent_id)) expect('parent of a folder', placeOf(folder), 'live in its store', at.parent_id);
      if (seen.has(at.id)) {
        expect('parents of a folder', placeOf(folder), 'end at the root', 'a circle');
        break;
      }
      seen.add(at.id);
    }
  }
}

/** Checks that each role has one folder that holds messages, and that delivery goes to the inbox. */
function checkRoles(store: StoreRow, folders: readonly FolderRow[], expect: Expect): void {
  const withRole = folders.filter((folder) => isLive(folder) && folder.role !== null);
  for (const [role, group] of Map.groupBy(withRole, (folder) => folder.role ?? '')) {
    expect('folders of a role', `store ${store.id} role ${role}`, 1, group.length);
    for (const folder of group)
      if (folder.type === FOLDER_TYPE.SEARCH) expect('folder of a role', placeOf(folder), 'no search folder', role);
  }
  const inbox = withRole.find(({ role }) => role === 'inbox');
  expect('inbox of a store', `store ${store.id}`, inbox?.id ?? 'none', store.inbox_folder_id ?? 'none');
}

/** Checks that references to folders are to live ones of the same store. */
async function checkReferences(
  db: Database,
  store: StoreRow,
  folders: readonly FolderRow[],
  expect: Expect,
): Promise<void> {
  const live = new Map(folders.filter(isLive).map((folder) => [folder.id, folder]));
  for (const table of ['receive_folders', 'acls', 'search_results'] as const) {
    const rows = await db
      .selectFrom(table)
      .select('folder_id')
      .distinct()
      .where('tenant_id', '=', store.tenant_id)
      .where('store_id', '=', store.id)
      .execute();
    for (const { folder_id } of rows) {
      const folder = live.get(folder_id);
      const where = `store ${store.id} folder ${folder_id}`;
      if (!folder) expect(`folder of ${table}`, where, 'live in the store', 'missing');
      else if (table === 'receive_folders' && folder.type === FOLDER_TYPE.SEARCH)
        expect('type of a receive folder', where, 'no search folder', 'a search folder');
    }
  }
}

const isLive = ({ deleted_at }: FolderRow): boolean => deleted_at === 0;
const placeOf = ({ store_id, id }: FolderRow): string => `store ${store_id} folder ${id}`;
