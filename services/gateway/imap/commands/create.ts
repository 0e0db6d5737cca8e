import { PamojaError } from '../../../../shared/mapi/error.ts';
import type { Arguments } from '../../../../shared/protocol/imap/arguments.ts';
import { DELIMITER } from '../../../../shared/protocol/imap/mailbox-name.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { FolderId } from '../../../../shared/store/engine/ids.ts';
import type { FolderRole } from '../../../../shared/store/folders/default-folders.ts';
import {
  createFolder,
  deleteFolder,
  folderById,
  isDefaultRole,
  moveFolder,
} from '../../../../shared/store/folders/folders.ts';
import { setFolderRole } from '../../../../shared/store/folders/mapi-folders.ts';
import { RIGHT } from '../../../../shared/store/folders/rights.ts';
import { listStates } from '../../../../shared/store/messages/messages.ts';
import { moveMessages } from '../../../../shared/store/messages/move-messages.ts';
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
  const { folders } = await treeOf(session, path);
  if (roles.length > 1 || folders.some(({ folder }) => roles.some((role) => role === folder.role)))
    throw new UseNotPossible();
  const { tree, folder: id } = await makeFolder(session, path);
  const [role] = roles;
  if (role && tree.prefix !== '') throw new UseNotPossible();
  if (role) await setFolderRole(session.context.store, tree.ref, id, role);
  const made = await folderById(session.context.store.db, tree.ref, id);
  return made && `MAILBOXID (${mailboxId(made)})`;
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

interface MadeFolder {
  tree: StoreTree;
  folder: FolderId;
}

async function makeFolder(session: ImapSession, path: string): Promise<MadeFolder> {
  const { tree, parent, missing } = await nearest(session, path);
  if (missing.length === 0) throw new PamojaError('COLLISION', 'the mailbox is already there');
  let at = parent;
  for (const level of missing) at = await createFolder(session.context.store, tree.ref, at, level);
  return { tree, folder: at };
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
  await deleteFolder(session.context.store, tree.ref, folder.id);
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
      target.folder,
    );
    return;
  }
  if (isDefaultRole(folder.role)) throw new PamojaError('NO_ACCESS', 'a default folder cannot be renamed');
  const { parent, missing } = await nearest(session, to);
  const name = missing.pop();
  if (name === undefined) throw new PamojaError('COLLISION', 'the mailbox is already there');
  const before = await treeOf(session, entry.path);
  await keepNames(session, before);
  let at = parent;
  for (const level of missing) at = await createFolder(store, tree.ref, at, level);
  await moveFolder(store, tree.ref, folder.id, at, name);
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
