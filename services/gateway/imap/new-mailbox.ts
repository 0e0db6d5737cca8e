import { PamojaError } from '../../../shared/mapi/error.ts';
import { DELIMITER } from '../../../shared/protocol/imap/mailbox-name.ts';
import type { FolderId } from '../../../shared/store/engine/ids.ts';
import { createFolder } from '../../../shared/store/folders/create-folder.ts';
import type { FolderRole } from '../../../shared/store/folders/default-folders.ts';
import type { FolderEntry } from '../../../shared/store/folders/folder.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import { pathOf, requireRights, treeOf } from './mailbox-tree.ts';
import type { StoreTree } from './named-folder.ts';
import type { ImapSession } from './session.ts';

const MAX_LEVELS = 50;

/** PR_CONTAINER_CLASS of folders that hold mail. */
const MAIL = 'IPF.Note';

/** The path of a mailbox to be made, without empty, overlong or control levels. RFC 3501 §6.3.3: a delimiter at its end is ignored. */
export function newPath(session: ImapSession, name: string): string {
  const path = pathOf(session, name).normalize('NFC').replace(/\/$/, '');
  const levels = path.split(DELIMITER);
  const wrong =
    levels.length > MAX_LEVELS ||
    levels.some((level) => level === '' || level.length > 255 || /[\x00-\x1f\x7f*%]/.test(level));
  if (wrong) throw new PamojaError('INVALID_PARAMETER', 'a mailbox cannot have this name');
  return path;
}

/** Creates a mailbox, and the levels above it that are missing (RFC 3501 §6.3.3). Throws COLLISION. */
export async function createMailbox(session: ImapSession, path: string, role?: FolderRole): Promise<FolderEntry> {
  const { tree, parent, missing } = await nearestFolder(session, path);
  const name = missing.pop();
  if (name === undefined) throw new PamojaError('COLLISION', 'the mailbox already exists');
  const above = await createLevels(session, tree, parent, missing);
  const made = { parent: above, name, role: role ?? null, containerClass: MAIL };
  return createFolder(session.context.store, tree.ref, made);
}

/** Creates the missing levels of a path; gives the lowest. */
export async function createLevels(
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

/** The deepest existing folder of a path, and the levels below it that are missing. Throws NO_ACCESS where none may be created. */
export async function nearestFolder(
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
