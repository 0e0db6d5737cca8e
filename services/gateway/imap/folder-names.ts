import { KopanoError } from '../../../shared/mapi/error.ts';
import { DELIMITER, decodeMailboxName, encodeMailboxName } from '../../../shared/protocol/imap/mailbox-name.ts';
import type { StoreContext } from '../../../shared/store/context.ts';
import { type Folder, listFolders } from '../../../shared/store/folders.ts';
import type { FolderId, StoreRef } from '../../../shared/store/ids.ts';

/** A folder under the name by which IMAP knows it. */
export interface NamedFolder {
  /** Levels joined by the delimiter, not encoded. The inbox is INBOX in every language. */
  path: string;
  folder: Folder;
  hasChildren: boolean;
}

/** The folders that IMAP shows: those below IPM_SUBTREE, and of these (imap_only_mailfolders) only the ones that hold mail. */
export async function visibleFolders(
  context: StoreContext,
  ref: StoreRef,
): Promise<{ folders: NamedFolder[]; subtree: FolderId }> {
  const all = await listFolders(context.db, ref);
  const subtree = all.find((folder) => folder.role === 'subtree');
  if (!subtree) throw new KopanoError('NOT_FOUND', 'the store has no IPM_SUBTREE');
  const children = Map.groupBy(all, (folder) => folder.parent);
  const folders: NamedFolder[] = [];
  const walk = (parent: FolderId, prefix: string): boolean => {
    let any = false;
    for (const folder of children.get(parent) ?? []) {
      if (context.options.imap_only_mailfolders && !holdsMail(folder)) continue;
      any = true;
      const name = folder.role === 'inbox' ? 'INBOX' : folder.name.replaceAll(DELIMITER, '_');
      const entry: NamedFolder = { path: prefix + name, folder, hasChildren: false };
      folders.push(entry);
      entry.hasChildren = walk(folder.id, `${prefix}${name}${DELIMITER}`);
    }
    return any;
  };
  walk(subtree.id, '');
  return { folders, subtree: subtree.id };
}

const holdsMail = (folder: Folder): boolean => folder.containerClass === 'IPF.Note' || folder.containerClass === '';

/** A name from the client as a path; INBOX in any case is the inbox (RFC 3501 §5.1). Throws INVALID_PARAMETER. */
export function pathOf(name: string): string {
  const path = decodeMailboxName(name);
  if (path === undefined) throw new KopanoError('INVALID_PARAMETER', 'the mailbox name is not well encoded');
  return path.replace(/^inbox(?=\/|$)/i, 'INBOX');
}

/** The folder of that name. Throws NOT_FOUND. */
export async function requireFolder(context: StoreContext, ref: StoreRef, name: string): Promise<NamedFolder> {
  const path = pathOf(name);
  const { folders } = await visibleFolders(context, ref);
  const found = folders.find((entry) => entry.path === path);
  if (!found) throw new KopanoError('NOT_FOUND', 'no such mailbox');
  return found;
}

export const encodePath = (path: string): string => encodeMailboxName(path);
