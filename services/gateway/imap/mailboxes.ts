import { KopanoError } from '../../../shared/mapi/error.ts';
import { DELIMITER } from '../../../shared/protocol/imap/mailbox-name.ts';
import { createFolder, deleteFolder, moveFolder, subscribeFolder } from '../../../shared/store/folders.ts';
import type { FolderId } from '../../../shared/store/ids.ts';
import { listStates } from '../../../shared/store/messages.ts';
import { moveMessages } from '../../../shared/store/move-messages.ts';
import type { CommandHandler } from './commands.ts';
import { pathOf, requireFolder, visibleFolders } from './folder-names.ts';
import { mailboxId } from './object-ids.ts';
import type { ImapSession } from './session.ts';

const MAX_LEVELS = 50;

/** RFC 3501 §6.3.3: levels above that are not there are made too. */
export const create: CommandHandler = async (session, _tag, args) => {
  const path = newPath(args.astring());
  args.end();
  const id = await makeFolder(session, path);
  const { folders } = await visibleFolders(session.context.store, session.ref);
  const made = folders.find(({ folder }) => folder.id === id);
  return made && `MAILBOXID (${mailboxId(made.folder)})`;
};

async function makeFolder(session: ImapSession, path: string): Promise<FolderId> {
  const { parent, missing } = await nearest(session, path);
  if (missing.length === 0) throw new KopanoError('COLLISION', 'the mailbox is already there');
  let at = parent;
  for (const level of missing) at = await createFolder(session.context.store, session.ref, at, level);
  return at;
}

/** The deepest folder of a path that is there, and the levels below it that are not. */
async function nearest(session: ImapSession, path: string): Promise<{ parent: FolderId; missing: string[] }> {
  const { folders, subtree } = await visibleFolders(session.context.store, session.ref);
  const levels = path.split(DELIMITER);
  for (let depth = levels.length; depth > 0; depth--) {
    const found = folders.find((entry) => entry.path === levels.slice(0, depth).join(DELIMITER));
    if (found) return { parent: found.folder.id, missing: levels.slice(depth) };
  }
  return { parent: subtree, missing: levels };
}

export const remove: CommandHandler = async (session, _tag, args) => {
  const name = args.astring();
  args.end();
  const { folder } = await requireFolder(session.context.store, session.ref, name);
  await deleteFolder(session.context.store, session.ref, folder.id);
  if (session.mailbox?.folder === folder.id) session.mailbox = undefined;
};

/** RFC 3501 §6.3.5: renaming INBOX moves its messages to a new mailbox and leaves it empty. */
export const rename: CommandHandler = async (session, _tag, args) => {
  const from = args.astring();
  args.space();
  const to = newPath(args.astring());
  args.end();
  const { store } = session.context;
  const { folder } = await requireFolder(store, session.ref, from);
  if (folder.role === 'inbox') {
    const target = await makeFolder(session, to);
    const states = await listStates(store.db, session.ref, folder.id);
    await moveMessages(
      store,
      session.ref,
      folder.id,
      states.map((state) => state.uid),
      target,
    );
    return;
  }
  if (folder.role !== null) throw new KopanoError('NO_ACCESS', 'a default folder cannot be renamed');
  const { parent, missing } = await nearest(session, to);
  const name = missing.pop();
  if (name === undefined) throw new KopanoError('COLLISION', 'the mailbox is already there');
  let at = parent;
  for (const level of missing) at = await createFolder(store, session.ref, at, level);
  await moveFolder(store, session.ref, folder.id, at, name);
};

const setSubscribed =
  (subscribed: boolean): CommandHandler =>
  async (session, _tag, args) => {
    const name = args.astring();
    args.end();
    const { folder } = await requireFolder(session.context.store, session.ref, name);
    await subscribeFolder(session.context.store, session.ref, folder.id, subscribed);
  };

export const subscribe = setSubscribed(true);
export const unsubscribe = setSubscribed(false);

/** The name of a mailbox to be made: no empty, overlong or control levels. A delimiter at the end says only that there will be more below. */
function newPath(name: string): string {
  const path = pathOf(name).replace(/\/$/, '');
  const levels = path.split(DELIMITER);
  const wrong =
    levels.length > MAX_LEVELS ||
    levels.some((level) => level === '' || level.length > 255 || /[\x00-\x1f\x7f*%]/.test(level));
  if (wrong) throw new KopanoError('INVALID_PARAMETER', 'a mailbox cannot have this name');
  return path;
}
