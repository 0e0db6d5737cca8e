import { DELIMITER } from '../../../shared/protocol/imap/mailbox-name.ts';
import {
  adoptOwn,
  adoptShared,
  leaveNames,
  type NamedPlace,
  subscriptionsOf,
} from '../../../shared/store/folders/mailbox-subscriptions.ts';
import type { ListedName, LoadedTree } from './mailbox-tree.ts';
import type { NamedFolder } from './named-folder.ts';
import type { ImapSession } from './session.ts';

/** The names that the user is subscribed to, with those of folders that another protocol has created. */
export async function subscribedNames(
  session: ImapSession,
  entries: readonly NamedFolder[],
): Promise<ReadonlySet<string>> {
  const { store } = session.context;
  const user = session.login.requireAccount();
  const own = entries.filter(({ tree, folder }) => tree.prefix === '' && folder.subscribed);
  await adoptOwn(
    store,
    user,
    session.login.ref,
    own.map((entry) => ({ ...placeOf(entry), subscribedAs: entry.folder.subscribedAs })),
  );
  await adoptShared(store, user, entries.filter(({ tree }) => tree.prefix !== '').map(placeOf));
  return subscriptionsOf(store.db, user);
}

export const entriesOf = (names: readonly ListedName[]): NamedFolder[] => names.flatMap(({ entry }) => entry ?? []);

export const placeOf = ({ path, folder, tree }: NamedFolder): NamedPlace => ({
  ref: tree.ref,
  folder: folder.id,
  name: path,
});

/** RFC 5258 §3.1: adds subscribed names without a mailbox, and the levels above them. */
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

/** The names of the levels above a name, the highest first. */
export function levelsAbove(path: string): string[] {
  const levels = path.split(DELIMITER);
  return levels.slice(1).map((_, depth) => levels.slice(0, depth + 1).join(DELIMITER));
}

/** Called before a folder is deleted or renamed: its present name stays subscribed (RFC 3501 §6.3.9). */
export async function keepNames(session: ImapSession, { folders }: LoadedTree): Promise<void> {
  await subscribedNames(session, folders);
}

/** Called after a session has renamed a folder of its own. */
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
