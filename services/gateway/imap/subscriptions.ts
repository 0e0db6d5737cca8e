import { DELIMITER } from '../../../shared/protocol/imap/mailbox-name.ts';
import {
  adoptOwn,
  adoptShared,
  leaveNames,
  type NamedPlace,
  subscribe as subscribeTo,
  subscriptionsOf,
  unsubscribe as unsubscribeFrom,
} from '../../../shared/store/folders/mailbox-subscriptions.ts';
import type { CommandHandler } from './command-table.ts';
import {
  findFolder,
  type ListedName,
  type LoadedTree,
  type NamedFolder,
  pathOf,
  requireFolder,
} from './mailbox-tree.ts';
import type { ImapSession } from './session.ts';

/** The names that the user has subscribed to, those of folders among them that came by another protocol. */
export async function subscribedNames(
  session: ImapSession,
  entries: readonly NamedFolder[],
): Promise<ReadonlySet<string>> {
  const { store } = session.context;
  const user = session.requireAccount();
  const own = entries.filter(({ tree, folder }) => tree.prefix === '' && folder.subscribed);
  await adoptOwn(
    store,
    user,
    session.ref,
    own.map((entry) => ({ ...placeOf(entry), subscribedAs: entry.folder.subscribedAs })),
  );
  await adoptShared(store, user, entries.filter(({ tree }) => tree.prefix !== '').map(placeOf));
  return subscriptionsOf(store.db, user);
}

export const entriesOf = (names: readonly ListedName[]): NamedFolder[] => names.flatMap(({ entry }) => entry ?? []);

const placeOf = ({ path, folder, tree }: NamedFolder): NamedPlace => ({
  ref: tree.ref,
  folder: folder.id,
  name: path,
});

/** RFC 5258 §3.1: names that are subscribed to are listed where no mailbox has them; what they stand below may be as little there. */
export function withSubscribed(names: readonly ListedName[], subscribed: ReadonlySet<string>): ListedName[] {
  const known = new Set(names.map(({ path }) => path));
  const missing: ListedName[] = [];
  const add = (path: string, hasChildren: boolean) => {
    if (known.has(path)) return;
    known.add(path);
    missing.push({ path, hasChildren, entry: undefined });
  };
  for (const path of [...subscribed].sort()) {
    for (const above of levelsAbove(path)) add(above, false);
    add(path, false);
  }
  return [...names, ...missing];
}

/** The names above one, the highest first. */
export function levelsAbove(path: string): string[] {
  const levels = path.split(DELIMITER);
  return levels.slice(1).map((_, depth) => levels.slice(0, depth + 1).join(DELIMITER));
}

/** RFC 3501 §6.3.6; a mailbox of that name must be there. */
export const subscribe: CommandHandler = async (session, _tag, args) => {
  const name = args.astring();
  args.end();
  const entry = await requireFolder(session, name);
  await subscribeTo(session.context.store, session.requireAccount(), placeOf(entry), entry.tree.prefix === '');
};

/** RFC 3501 §6.3.7; of a name that no mailbox has any more, too. */
export const unsubscribe: CommandHandler = async (session, _tag, args) => {
  const name = args.astring();
  args.end();
  const entry = await findFolder(session, name);
  const path = entry?.path ?? pathOf(session, name);
  const place = entry && placeOf(entry);
  const { store } = session.context;
  const ended = await unsubscribeFrom(store, session.requireAccount(), path, place, entry?.tree.prefix === '');
  // There is neither: the client is told so.
  if (!ended && !entry) await requireFolder(session, name);
};

/** Before a folder goes, or gets another name: the one that it has stays subscribed to (RFC 3501 §6.3.9). */
export async function keepNames(session: ImapSession, { folders }: LoadedTree): Promise<void> {
  await subscribedNames(session, folders);
}

/** After a session has renamed a folder of its own. */
export async function leaveOldNames(
  session: ImapSession,
  { folders }: LoadedTree,
  renamed: NamedFolder,
): Promise<void> {
  const { tree, path } = renamed;
  if (tree.prefix !== '') return;
  const moved = folders.filter((each) => each.path === path || each.path.startsWith(`${path}${DELIMITER}`));
  await leaveNames(
    session.context.store,
    tree.ref,
    moved.map(({ folder }) => folder.id),
  );
}
