import type { Arguments } from '../../../shared/protocol/imap/arguments.ts';
import { DELIMITER, decodeMailboxName, listPattern } from '../../../shared/protocol/imap/mailbox-name.ts';
import { encodeString } from '../../../shared/protocol/imap/strings.ts';
import type { FolderRole } from '../../../shared/store/default-folders.ts';
import type { CommandHandler } from './commands.ts';
import { encodePath, type NamedFolder, pathOf, visibleFolders } from './folder-names.ts';

/** RFC 6154 */
const SPECIAL_USE: Partial<Record<FolderRole, string>> = {
  sent: '\\Sent',
  deleted: '\\Trash',
  drafts: '\\Drafts',
  junk: '\\Junk',
};

/** RFC 3501 §6.3.8, with the attributes of RFC 3348 and RFC 6154. */
export const list: CommandHandler = async (session, _tag, args) => {
  const { reference, pattern } = parse(args);
  // RFC 3501 §6.3.8: an empty pattern asks for the delimiter.
  if (pattern === '') return session.respond(`* LIST (\\Noselect) "${DELIMITER}" ""`);
  const matches = listPattern(inboxFirst(reference + pattern));
  const { folders } = await visibleFolders(session.context.store, session.ref);
  for (const entry of folders.filter(({ path }) => matches(path))) session.respond(line('LIST', entry));
};

/** RFC 3501 §6.3.9 */
export const lsub: CommandHandler = async (session, _tag, args) => {
  const { reference, pattern } = parse(args);
  const matches = listPattern(inboxFirst(reference + pattern));
  const { folders } = await visibleFolders(session.context.store, session.ref);
  for (const entry of folders.filter(({ path, folder }) => folder.subscribed && matches(path)))
    session.respond(line('LSUB', entry));
};

function parse(args: Arguments): { reference: string; pattern: string } {
  const reference = decodeMailboxName(args.astring()) ?? '';
  args.space();
  const pattern = decodeMailboxName(args.listMailbox()) ?? '';
  args.end();
  return { reference, pattern };
}

const inboxFirst = (pattern: string): string =>
  /^inbox(\/|$)/i.test(pattern) ? pathOf(pattern.slice(0, 5)) + pattern.slice(5) : pattern;

function line(response: 'LIST' | 'LSUB', { path, folder, hasChildren }: NamedFolder): string {
  const use = folder.role === null ? undefined : SPECIAL_USE[folder.role];
  const attributes = [hasChildren ? '\\HasChildren' : '\\HasNoChildren', ...(use ? [use] : [])];
  return `* ${response} (${attributes.join(' ')}) "${DELIMITER}" ${encodeString(encodePath(path))}`;
}
