import { PamojaError } from '../../../../shared/mapi/error.ts';
import type { Arguments } from '../../../../shared/protocol/imap/arguments.ts';
import { DELIMITER } from '../../../../shared/protocol/imap/mailbox-name.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { FolderId } from '../../../../shared/store/engine/ids.ts';
import { createFolder } from '../../../../shared/store/folders/create-folder.ts';
import type { FolderRole } from '../../../../shared/store/folders/default-folders.ts';
import { type Folder, isProtected } from '../../../../shared/store/folders/folder.ts';
import { moveFolder } from '../../../../shared/store/folders/move-folder.ts';
import { RIGHT } from '../../../../shared/store/folders/rights.ts';
import { listStates } from '../../../../shared/store/messages/messages.ts';
import { moveMessages } from '../../../../shared/store/messages/move-messages.ts';
import { deleteFolder } from '../../../../shared/store/trees/delete-folder.ts';
import type { CommandHandler } from '../command-table.ts';
import { UseNotPossible } from '../error-responses.ts';
import { pathOf, requireFolder, requireRights, type StoreTree, treeOf } from '../mailbox-tree.ts';
import { mailboxId } from '../object-ids.ts';
import type { ImapSession } from '../session.ts';
import { keepNames, leaveOldNames } from '../subscriptions.ts';
import { roleOfUse } from './list.ts';

const MAX_LEVELS = 50;

/** RFC 3501 §6.3.3: levels above that are not there are made too. With a special use (RFC 6154 §3) if nothing has it yet. */
export const create: CommandHandler = async (session, _tag, args) => {
  const path = newPath(session, args.astring());
  const roles = parseUses(args);
  args.end();
  const { tree, folders } = await treeOf(session, path);
  const [role, ...others] = roles;
  if (role && (others.length > 0 || tree.prefix !== '' || folders.some(({ folder }) => folder.role === role)))
    throw new UseNotPossible();
  const made = await makeFolder(session, path, role);
  return `MAILBOXID (${mailboxId(made)})`;
};

/** Parses ` (USE (\Use ...))`. Throws UseNotPossible for a use that no mailbox has here. */
function parseUses(args: Arguments): FolderRole[] {
  if (!args.skip(' ')) return [];
  const uses: string[] = [];
  args.list(() => {
    if (!args.skipWord('USE ')) throw new ImapSyntaxError('USE expected');
    args.list(() => {
      args.expect('\\');
      uses.push(`\\${args.atom()}`);
    });
  });
  return uses.map((use) => {
    const role = roleOfUse(use);
    if (!role) throw new UseNotPossible();
    return role;
  });
}

async function makeFolder(session: ImapSession, path: string, role?: FolderRole): Promise<Folder> {
  const { tree, parent, missing } = await nearest(session, path);
  const name = missing.pop();
  if (name === undefined) throw new PamojaError('COLLISION', 'the mailbox is already there');
  const { store } = session.context;
  const above = await makeLevels(session, tree, parent, missing);
  return createFolder(store, tree.ref, { parent: above, name, role: role ?? null, containerClass: MAIL });
}

/** PR_CONTAINER_CLASS of folders that hold mail. */
const MAIL = 'IPF.Note';

/** Makes the levels of a path that are missing; gives the lowest. */
async function makeLevels(
  session: ImapSession,
  tree: StoreTree,
  parent: FolderId,
  names: readonly string[],
): Promise<FolderId> {
  let at = parent;
  for (const name of names)
    at = (await createFolder(session.context.store, tree.ref, { parent: at, name, containerClass: MAIL })).id;
  return at;
}

/** The deepest folder of a path that is there, and the levels below it that are not. Throws NO_ACCESS where none may be made. */
async function nearest(
  session: ImapSession,
  path: string,
): Promise<{ tree: StoreTree; parent: FolderId; missing: string[] }> {
  const { tree, folders } = await treeOf(session, path);
  if (!path.startsWith(tree.prefix)) throw new PamojaError('COLLISION', 'the name is that of a namespace');
  const levels = path.split(DELIMITER);
  const own = tree.prefix.split(DELIMITER).length - 1;
  for (let depth = levels.length; depth > own; depth--) {
    const found = folders.find((entry) => entry.path === levels.slice(0, depth).join(DELIMITER));
    if (!found) continue;
    const missing = levels.slice(depth);
    if (missing.length > 0) requireRights(found, RIGHT.CREATE_SUBFOLDER);
    return { tree, parent: found.folder.id, missing };
  }
  requireRights({ rights: tree.rootRights }, RIGHT.CREATE_SUBFOLDER);
  return { tree, parent: tree.root, missing: levels.slice(own) };
}

export const remove: CommandHandler = async (session, _tag, args) => {
  const name = args.astring();
  args.end();
  const { folder, tree, path } = await requireFolder(session, name, RIGHT.FOLDER_OWNER);
  await keepNames(session, await treeOf(session, path));
  await deleteFolder(session.context.store, tree.ref, folder.id, {
    messages: true,
    folders: false,
    hard: false,
    syncId: 0,
    // Its right was looked at, and none goes with it.
    may: () => true,
  });
  if (session.mailbox?.folder === folder.id) session.mailbox = undefined;
};

/** RFC 3501 §6.3.5: renaming INBOX moves its messages to a new mailbox and leaves it empty. */
export const rename: CommandHandler = async (session, _tag, args) => {
  const from = args.astring();
  args.space();
  const to = newPath(session, args.astring());
  args.end();
  const { store } = session.context;
  const entry = await requireFolder(session, from, RIGHT.FOLDER_OWNER);
  const { folder, tree } = entry;
  if ((await treeOf(session, to)).tree.ref.store !== tree.ref.store)
    throw new PamojaError('INVALID_PARAMETER', 'a mailbox stays in its namespace');
  if (folder.role === 'inbox') {
    const target = await makeFolder(session, to);
    const states = await listStates(store.db, tree.ref, folder.id);
    await moveMessages(
      store,
      tree.ref,
      folder.id,
      states.map((state) => state.uid),
      target.id,
    );
    return;
  }
  if (isProtected(folder)) throw new PamojaError('NO_ACCESS', 'a default folder cannot be renamed');
  const { parent, missing } = await nearest(session, to);
  const name = missing.pop();
  if (name === undefined) throw new PamojaError('COLLISION', 'the mailbox is already there');
  const before = await treeOf(session, entry.path);
  await keepNames(session, before);
  const above = await makeLevels(session, tree, parent, missing);
  await moveFolder(store, tree.ref, folder.id, { parent: above, name, syncId: 0 });
  await leaveOldNames(session, before, entry);
};

/** The name of a mailbox to be made: no empty, overlong or control levels. A delimiter at the end says only that there will be more below. */
function newPath(session: ImapSession, name: string): string {
  const path = pathOf(session, name).normalize('NFC').replace(/\/$/, '');
  const levels = path.split(DELIMITER);
  const wrong =
    levels.length > MAX_LEVELS ||
    levels.some((level) => level === '' || level.length > 255 || /[\x00-\x1f\x7f*%]/.test(level));
  if (wrong) throw new PamojaError('INVALID_PARAMETER', 'a mailbox cannot have this name');
  return path;
}
