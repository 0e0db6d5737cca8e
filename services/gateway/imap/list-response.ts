import { DELIMITER } from '../../../shared/protocol/imap/mailbox-name.ts';
import type { FolderRole } from '../../../shared/store/folders/default-folders.ts';
import type { EnabledExtensions } from './enabled-extensions.ts';
import { encodePath, type ListedName } from './mailbox-tree.ts';
import type { NamedFolder } from './named-folder.ts';

/** RFC 6154 */
const SPECIAL_USE: Partial<Record<FolderRole, string>> = {
  sent: '\\Sent',
  deleted: '\\Trash',
  drafts: '\\Drafts',
  junk: '\\Junk',
  archive: '\\Archive',
};

/** The role of a special use; undefined for one that no folder can have here. */
export const roleOfUse = (use: string): FolderRole | undefined =>
  (Object.keys(SPECIAL_USE) as FolderRole[]).find((role) => SPECIAL_USE[role]?.toLowerCase() === use.toLowerCase());

/** Only the owner's folders have a special use: a client should not put what it has sent into the Sent Items of another user. */
export const specialUseOf = (entry: NamedFolder | undefined): string | undefined =>
  entry?.tree.prefix === '' && entry.folder.role !== null ? SPECIAL_USE[entry.folder.role] : undefined;

/** The attributes of a name. RFC 5258 §3.4: a level without a mailbox cannot be selected. */
export function attributesOf({ entry, hasChildren }: ListedName, more: readonly string[]): string[] {
  const use = specialUseOf(entry);
  return [
    hasChildren ? '\\HasChildren' : '\\HasNoChildren',
    ...(entry ? [] : ['\\NonExistent', '\\Noselect']),
    ...(use ? [use] : []),
    ...more,
  ];
}

export const listLine = (
  extensions: Pick<EnabledExtensions, 'utf8'>,
  response: 'LIST' | 'LSUB',
  path: string,
  attributes: readonly string[],
): string => `* ${response} (${attributes.join(' ')}) "${DELIMITER}" ${encodePath(extensions, path)}`;
