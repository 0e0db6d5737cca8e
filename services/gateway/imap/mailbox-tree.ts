import { groupIdsOf, quotaOfUser } from '../../../shared/directory/entries/entries.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { DELIMITER, decodeMailboxName, encodeMailboxName } from '../../../shared/protocol/imap/mailbox-name.ts';
import { encodeQuotedUtf8, encodeString } from '../../../shared/protocol/imap/strings.ts';
import type { FolderId, StoreRef } from '../../../shared/store/engine/ids.ts';
import { FOLDER_TYPE, type FolderEntry, listFolderEntries } from '../../../shared/store/folders/folder.ts';
import {
  ALL_RIGHTS,
  type Asker,
  aclOfStore,
  RIGHT,
  rightsIn,
  storesSharedWith,
} from '../../../shared/store/folders/rights.ts';
import { type MapiStore, publicStoreOf } from '../../../shared/store/stores/stores.ts';
import type { EnabledExtensions } from './enabled-extensions.ts';
import type { NamedFolder, StoreTree } from './named-folder.ts';
import type { ImapSession } from './session.ts';

/** The namespaces of other users' folders and of the tenant's public store (RFC 2342). */
export const OTHER_USERS = `user${DELIMITER}`;
export const PUBLIC_FOLDERS = `Public folders${DELIMITER}`;

/** A name that LIST shows; without `entry` it is only a level above a mailbox. */
export interface ListedName {
  path: string;
  hasChildren: boolean;
  entry: NamedFolder | undefined;
}

const visible = ({ rights }: NamedFolder): boolean => (rights & RIGHT.VISIBLE) !== 0;

/** All names that the session may see, its own first. */
export async function visibleNames(session: ImapSession): Promise<ListedName[]> {
  const own = await ownTree(session);
  const asker = await askerOf(session);
  const others = await sharedTrees(session, asker);
  const shared = await publicTree(session, asker);
  return [...own.folders, ...others.flatMap(({ folders }) => folders), ...(shared?.folders ?? [])].reduce(
    withLevelsAbove,
    { names: [], known: new Map() } as { names: ListedName[]; known: Map<string, ListedName> },
  ).names;
}

type Names = { names: ListedName[]; known: Map<string, ListedName> };

/** Adds a folder that is visible, and the levels above it that are hidden or do not exist. */
function withLevelsAbove(found: Names, entry: NamedFolder): Names {
  if (!visible(entry)) return found;
  const add = (path: string, at: NamedFolder | undefined): ListedName => {
    const name = { path, hasChildren: false, entry: at };
    found.names.push(name);
    found.known.set(path, name);
    return name;
  };
  const levels = entry.path.split(DELIMITER);
  for (let depth = 1; depth < levels.length; depth++) {
    const above = levels.slice(0, depth).join(DELIMITER);
    (found.known.get(above) ?? add(above, undefined)).hasChildren = true;
  }
  const known = found.known.get(entry.path);
  if (known) known.entry ??= entry;
  else add(entry.path, entry);
  return found;
}

/** A tree with its folders, those that hold no mail left out where that is configured (imap_only_mailfolders). */
export interface LoadedTree {
  tree: StoreTree;
  folders: NamedFolder[];
}

export async function ownTree(session: ImapSession): Promise<LoadedTree> {
  const { login = '', hardQuota = 0 } = session.login.account ?? {};
  return loadTree(session, { ref: session.login.ref, prefix: '', owner: { login, hardQuota } }, () => ALL_RIGHTS);
}

/** The tree that a path is in, or would be in once created. Throws NOT_FOUND. */
export async function treeOf(session: ImapSession, path: string): Promise<LoadedTree> {
  if (`${path}${DELIMITER}`.startsWith(OTHER_USERS)) {
    const [, login = ''] = path.split(DELIMITER);
    const [tree] = await sharedTrees(session, await askerOf(session), login);
    if (!tree) throw new PamojaError('NOT_FOUND', 'no such mailbox');
    return tree;
  }
  if (`${path}${DELIMITER}`.startsWith(PUBLIC_FOLDERS)) {
    const tree = await publicTree(session, await askerOf(session));
    if (!tree) throw new PamojaError('NOT_FOUND', 'no such mailbox');
    return tree;
  }
  return ownTree(session);
}

/** The user of the session with its groups, as lists of rights name them. */
async function askerOf(session: ImapSession): Promise<Asker> {
  const { tenant, user } = session.login.requireAccount();
  return { tenant, user, groups: await groupIdsOf(session.context.store.db, tenant, user) };
}

async function sharedTrees(session: ImapSession, asker: Asker, login?: string): Promise<LoadedTree[]> {
  const { db, options } = session.context.store;
  const stores = await storesSharedWith(db, session.login.ref.tenant, asker);
  const wanted = login === undefined ? stores : stores.filter((store) => levelOf(store.login) === login);
  const trees: LoadedTree[] = [];
  for (const { tenant, store, owner, login: name } of wanted) {
    const hardQuota = (await quotaOfUser(db, options, tenant, owner)).levels.hard;
    const prefix = `${OTHER_USERS}${levelOf(name)}${DELIMITER}`;
    trees.push(
      await loadTree(
        session,
        { ref: { tenant, store }, prefix, owner: { login: name, hardQuota } },
        await grants(session, { tenant, store }, 'private', asker),
      ),
    );
  }
  return trees;
}

async function publicTree(session: ImapSession, asker: Asker): Promise<LoadedTree | undefined> {
  if (!session.context.store.options.imap_public_folders) return undefined;
  const { tenant } = session.login.ref;
  const store = await publicStoreOf(session.context.store.db, tenant);
  if (!store) return undefined;
  const ref = { tenant, store: store.store };
  return loadTree(
    session,
    { ref, prefix: PUBLIC_FOLDERS, owner: undefined },
    await grants(session, ref, 'public', asker),
  );
}

type Rights = (folders: readonly FolderEntry[]) => (folder: FolderId) => number;

async function grants(session: ImapSession, ref: StoreRef, kind: MapiStore['kind'], asker: Asker): Promise<Rights> {
  const acl = await aclOfStore(session.context.store.db, ref);
  return (folders) => rightsIn(kind, acl, folders, asker);
}

async function loadTree(
  session: ImapSession,
  about: Omit<StoreTree, 'root' | 'rootRights'>,
  rightsOf: (folders: readonly FolderEntry[]) => number | ((folder: FolderId) => number),
): Promise<LoadedTree> {
  const { db, options } = session.context.store;
  const all = await listFolderEntries(db, about.ref);
  const subtree = all.find((folder) => folder.role === 'subtree');
  if (!subtree) throw new PamojaError('NOT_FOUND', 'the store has no IPM_SUBTREE');
  const granted = rightsOf(all);
  const rights = typeof granted === 'number' ? () => granted : granted;
  const tree: StoreTree = { ...about, root: subtree.id, rootRights: rights(subtree.id) };
  const children = Map.groupBy(all, (folder) => folder.parent);
  const folders: NamedFolder[] = [];
  const walk = (parent: FolderId, prefix: string): void => {
    for (const folder of children.get(parent) ?? []) {
      // A search folder has no messages of its own, and so no uids (RFC 3501 §2.3.1.1), and no folders below it.
      if (folder.type === FOLDER_TYPE.SEARCH) continue;
      if (options.imap_only_mailfolders && !holdsMail(folder)) continue;
      const path = prefix + nameOf(folder, prefix);
      folders.push({ path, folder, tree, rights: rights(folder.id) });
      walk(folder.id, `${path}${DELIMITER}`);
    }
  };
  walk(subtree.id, tree.prefix);
  return { tree, folders };
}

const holdsMail = (folder: FolderEntry): boolean =>
  folder.containerClass === 'IPF.Note' || folder.containerClass === '';

/** A name as one level of a path. */
const levelOf = (name: string): string => name.replaceAll(DELIMITER, '_');

/** The level of a folder. A user's own folder that has the name of a namespace gets an underscore. */
function nameOf({ role, name }: FolderEntry, prefix: string): string {
  if (role === 'inbox') return 'INBOX';
  const level = levelOf(name);
  return prefix === '' && [OTHER_USERS, PUBLIC_FOLDERS].includes(`${level}${DELIMITER}`) ? `${level}_` : level;
}

/** A name from the client as a path; INBOX in any case is the inbox (RFC 3501 §5.1). Throws INVALID_PARAMETER. */
export function pathOf(session: ImapSession, name: string): string {
  const path = decodeMailboxName(name, session.extensions.utf8);
  if (path === undefined) throw new PamojaError('INVALID_PARAMETER', 'the mailbox name is not well encoded');
  return path.replace(/^inbox(?=\/|$)/i, 'INBOX');
}

/** The folder of that name; undefined where none is visible to the session. */
export async function findFolder(session: ImapSession, name: string): Promise<NamedFolder | undefined> {
  try {
    return await requireFolder(session, name);
  } catch (error) {
    if (PamojaError.is(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** The folder of that name, if the session may see it and has the rights (bits of RIGHT). Throws NOT_FOUND, NO_ACCESS. */
export async function requireFolder(session: ImapSession, name: string, rights = 0): Promise<NamedFolder> {
  const path = pathOf(session, name);
  const { folders } = await treeOf(session, path);
  const found = folders.find((entry) => entry.path === path);
  // RFC 4314 §6: for a user without the right to see it a mailbox does not exist.
  if (!found || (found.rights & (RIGHT.VISIBLE | RIGHT.READ)) === 0)
    throw new PamojaError('NOT_FOUND', 'no such mailbox');
  requireRights(found, rights);
  return found;
}

/** The present rights of the session in a folder; 0 where it does not exist any more. */
export async function rightsNow(session: ImapSession, { tree, folder }: NamedFolder): Promise<number> {
  if (tree.prefix === '') return ALL_RIGHTS;
  const folders = await listFolderEntries(session.context.store.db, tree.ref);
  if (!folders.some(({ id }) => id === folder.id)) return 0;
  const asker = await askerOf(session);
  return (await grants(session, tree.ref, tree.owner ? 'private' : 'public', asker))(folders)(folder.id);
}

/** Throws NO_ACCESS where one of the rights is missing. */
export function requireRights({ rights }: { rights: number }, wanted: number): void {
  if ((rights & wanted) !== wanted) throw new PamojaError('NO_ACCESS', 'you may not do that there');
}

/** A path as it goes over the wire: in modified UTF-7, or in UTF-8 once the client has enabled that (RFC 9051 §5.1, RFC 6855 §3). */
export const encodePath = ({ utf8 }: Pick<EnabledExtensions, 'utf8'>, path: string): string =>
  utf8 ? encodeQuotedUtf8(path) : encodeString(encodeMailboxName(path));
