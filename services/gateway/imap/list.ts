import type { Arguments } from '../../../shared/protocol/imap/arguments.ts';
import { DELIMITER, decodeMailboxName, listPattern } from '../../../shared/protocol/imap/mailbox-name.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import { subscriptionsOf } from '../../../shared/store/annotations.ts';
import type { FolderRole } from '../../../shared/store/default-folders.ts';
import type { FolderId } from '../../../shared/store/ids.ts';
import { RIGHT } from '../../../shared/store/rights.ts';
import type { CommandHandler } from './commands.ts';
import { encodePath, type ListedName, type NamedFolder, visibleNames } from './mailbox-tree.ts';
import type { ImapSession } from './session.ts';
import { parseStatusItems, statusLine } from './status.ts';

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

const SELECTIONS = ['SUBSCRIBED', 'REMOTE', 'RECURSIVEMATCH', 'SPECIAL-USE'] as const;
const RETURNS = ['SUBSCRIBED', 'CHILDREN', 'SPECIAL-USE'] as const;

/** Patterns of one LIST: each is tried on every name. */
const MAX_PATTERNS = 100;

/** What an extended LIST asks for (RFC 5258, RFC 5819, RFC 6154). */
interface ListRequest {
  patterns: string[];
  selections: ReadonlySet<string>;
  returns: ReadonlySet<string>;
  status: string[];
}

/** RFC 3501 §6.3.8, with the attributes of RFC 3348 and RFC 6154, and RFC 5258. */
export const list: CommandHandler = async (session, _tag, args) => {
  const { patterns, selections, returns, status } = parseList(session, args);
  // RFC 3501 §6.3.8: an empty pattern asks for the delimiter.
  if (patterns.length === 1 && patterns[0] === '') return session.respond(`* LIST (\\Noselect) "${DELIMITER}" ""`);
  const matchers = patterns.map((pattern) => listPattern(inboxFirst(pattern)));
  const names = await visibleNames(session);
  const wantsSubscribed = selections.has('SUBSCRIBED') || returns.has('SUBSCRIBED');
  const isSubscribed = wantsSubscribed ? await subscribed(session) : () => false;
  const chosen = (name: ListedName): boolean =>
    (!selections.has('SUBSCRIBED') || isSubscribed(name.entry)) &&
    (!selections.has('SPECIAL-USE') || useOf(name.entry) !== undefined);
  for (const name of names.filter(({ path }) => matchers.some((matches) => matches(path)))) {
    // RFC 5258 §3.5: one that is not chosen itself is listed when something below it is.
    const below =
      selections.has('RECURSIVEMATCH') &&
      names.some((other) => other.path.startsWith(`${name.path}${DELIMITER}`) && chosen(other));
    if (!chosen(name) && !below) continue;
    const attributes = attributesOf(name, isSubscribed(name.entry) ? ['\\Subscribed'] : []);
    session.respond(listLine(session, 'LIST', name.path, attributes) + (below ? ' ("CHILDINFO" ("SUBSCRIBED"))' : ''));
    if (status.length > 0 && name.entry && name.entry.rights & RIGHT.READ)
      session.respond(await statusLine(session, name.entry, status));
    await session.respondInBatches();
  }
};

/** RFC 3501 §6.3.9: with % at its end a pattern also finds the levels above something that is subscribed. */
export const lsub: CommandHandler = async (session, _tag, args) => {
  const reference = mailboxName(session, args.astring());
  args.space();
  const pattern = inboxFirst(reference + mailboxName(session, args.listMailbox()));
  args.end();
  const matches = listPattern(pattern);
  const names = await visibleNames(session);
  const isSubscribed = await subscribed(session);
  const chosen = names.filter(({ entry }) => isSubscribed(entry));
  for (const name of names.filter(({ path }) => matches(path))) {
    if (isSubscribed(name.entry)) session.respond(listLine(session, 'LSUB', name.path, attributesOf(name, [])));
    else if (
      pattern.endsWith('%') &&
      chosen.some(({ path }) => path.startsWith(`${name.path}${DELIMITER}`) && !matches(path))
    )
      session.respond(listLine(session, 'LSUB', name.path, ['\\Noselect']));
  }
};

/** Tells subscribed folders: a user's own say so themselves, those of others are noted for each user. */
export async function subscribed(session: ImapSession): Promise<(entry: NamedFolder | undefined) => boolean> {
  const { tenant, user } = session.requireAccount();

  const others: ReadonlySet<FolderId> = await subscriptionsOf(session.context.store.db, tenant, user);
  return (entry) =>
    entry !== undefined && (entry.tree.prefix === '' ? entry.folder.subscribed : others.has(entry.folder.id));
}

const mailboxName = (session: ImapSession, text: string): string => decodeMailboxName(text, session.utf8) ?? '';

function parseList(session: ImapSession, args: Arguments): ListRequest {
  const selections = new Set<string>();
  if (args.peek() === '(') {
    args.list(() => selections.add(option(args, SELECTIONS)));
    args.space();
  }
  // RFC 5258 §3: it only says how others are chosen.
  if (selections.has('RECURSIVEMATCH') && !selections.has('SUBSCRIBED') && !selections.has('SPECIAL-USE'))
    throw new ImapSyntaxError('RECURSIVEMATCH needs another option');
  const reference = mailboxName(session, args.astring());
  args.space();
  const patterns = args.peek() === '(' ? args.list(() => args.listMailbox()) : [args.listMailbox()];
  if (patterns.length > MAX_PATTERNS) throw new ImapSyntaxError('too many patterns');
  const returns = new Set<string>();
  let status: string[] = [];
  if (args.skipWord(' RETURN ')) {
    args.list(() => {
      if (args.skipWord('STATUS ')) status = parseStatusItems(args);
      else returns.add(option(args, RETURNS));
    });
  }
  args.end();
  const full = patterns.map((pattern) => (pattern === '' ? '' : reference + mailboxName(session, pattern)));
  return { patterns: full, selections, returns, status };
}

function option(args: Arguments, known: readonly string[]): string {
  const name = args.atom().toUpperCase();
  if (!known.includes(name)) throw new ImapSyntaxError(`${name} is no option of LIST`);
  return name;
}

const inboxFirst = (pattern: string): string => pattern.replace(/^inbox(?=\/|$)/i, 'INBOX');

/** A special use is the owner's: the Sent Items of somebody else are not where a client should put what it has sent. */
const useOf = (entry: NamedFolder | undefined): string | undefined =>
  entry?.tree.prefix === '' && entry.folder.role !== null ? SPECIAL_USE[entry.folder.role] : undefined;

/** RFC 5258 §3.4: what is only a level above something else cannot be selected. */
export function attributesOf({ entry, hasChildren }: ListedName, more: readonly string[]): string[] {
  const use = useOf(entry);
  return [
    hasChildren ? '\\HasChildren' : '\\HasNoChildren',
    ...(entry ? [] : ['\\NonExistent', '\\Noselect']),
    ...(use ? [use] : []),
    ...more,
  ];
}

export const listLine = (
  session: ImapSession,
  response: 'LIST' | 'LSUB',
  path: string,
  attributes: readonly string[],
): string => `* ${response} (${attributes.join(' ')}) "${DELIMITER}" ${encodePath(session, path)}`;
