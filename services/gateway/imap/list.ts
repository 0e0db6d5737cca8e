import type { Arguments } from '../../../shared/protocol/imap/arguments.ts';
import { DELIMITER, decodeMailboxName, listPattern } from '../../../shared/protocol/imap/mailbox-name.ts';
import { encodeString } from '../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import type { FolderRole } from '../../../shared/store/default-folders.ts';
import type { CommandHandler } from './commands.ts';
import { encodePath, type NamedFolder, pathOf, visibleFolders } from './folder-names.ts';
import { parseStatusItems, statusLine } from './status.ts';

/** RFC 6154 */
const SPECIAL_USE: Partial<Record<FolderRole, string>> = {
  sent: '\\Sent',
  deleted: '\\Trash',
  drafts: '\\Drafts',
  junk: '\\Junk',
};

const SELECTIONS = ['SUBSCRIBED', 'REMOTE', 'RECURSIVEMATCH', 'SPECIAL-USE'] as const;
const RETURNS = ['SUBSCRIBED', 'CHILDREN', 'SPECIAL-USE'] as const;

/** What an extended LIST asks for (RFC 5258, RFC 5819, RFC 6154). */
interface ListRequest {
  patterns: string[];
  selections: ReadonlySet<string>;
  returns: ReadonlySet<string>;
  status: string[];
}

/** RFC 3501 §6.3.8, with the attributes of RFC 3348 and RFC 6154, and RFC 5258. */
export const list: CommandHandler = async (session, _tag, args) => {
  const { patterns, selections, returns, status } = parseList(args);
  // RFC 3501 §6.3.8: an empty pattern asks for the delimiter.
  if (patterns.length === 1 && patterns[0] === '') return session.respond(`* LIST (\\Noselect) "${DELIMITER}" ""`);
  const matchers = patterns.map((pattern) => listPattern(inboxFirst(pattern)));
  const { folders } = await visibleFolders(session.context.store, session.ref);
  const chosen = (entry: NamedFolder): boolean =>
    (!selections.has('SUBSCRIBED') || entry.folder.subscribed) &&
    (!selections.has('SPECIAL-USE') || useOf(entry) !== undefined);
  for (const entry of folders.filter(({ path }) => matchers.some((matches) => matches(path)))) {
    // RFC 5258 §3.5: one that is not chosen itself is listed when something below it is.
    const below =
      selections.has('RECURSIVEMATCH') &&
      folders.some((other) => other.path.startsWith(`${entry.path}${DELIMITER}`) && chosen(other));
    if (!chosen(entry) && !below) continue;
    const subscribed = (selections.has('SUBSCRIBED') || returns.has('SUBSCRIBED')) && entry.folder.subscribed;
    session.respond(
      line('LIST', entry, subscribed ? ['\\Subscribed'] : []) + (below ? ' ("CHILDINFO" ("SUBSCRIBED"))' : ''),
    );
    if (status.length > 0) session.respond(await statusLine(session, entry.path, entry.folder, status));
    await session.respondInBatches();
  }
};

/** RFC 3501 §6.3.9 */
export const lsub: CommandHandler = async (session, _tag, args) => {
  const reference = mailboxName(args.astring());
  args.space();
  const pattern = mailboxName(args.listMailbox());
  args.end();
  const matches = listPattern(inboxFirst(reference + pattern));
  const { folders } = await visibleFolders(session.context.store, session.ref);
  for (const entry of folders.filter(({ path, folder }) => folder.subscribed && matches(path)))
    session.respond(line('LSUB', entry, []));
};

const mailboxName = (text: string): string => decodeMailboxName(text) ?? '';

function parseList(args: Arguments): ListRequest {
  const selections = new Set<string>();
  if (args.peek() === '(') {
    args.list(() => selections.add(option(args, SELECTIONS)));
    args.space();
  }
  // RFC 5258 §3: it only says how others are chosen.
  if (selections.has('RECURSIVEMATCH') && !selections.has('SUBSCRIBED') && !selections.has('SPECIAL-USE'))
    throw new ImapSyntaxError('RECURSIVEMATCH needs another option');
  const reference = mailboxName(args.astring());
  args.space();
  const patterns = args.peek() === '(' ? args.list(() => args.listMailbox()) : [args.listMailbox()];
  const returns = new Set<string>();
  let status: string[] = [];
  if (args.skipWord(' RETURN ')) {
    args.list(() => {
      if (args.skipWord('STATUS ')) status = parseStatusItems(args);
      else returns.add(option(args, RETURNS));
    });
  }
  args.end();
  const full = patterns.map((pattern) => (pattern === '' ? '' : reference + mailboxName(pattern)));
  return { patterns: full, selections, returns, status };
}

function option(args: Arguments, known: readonly string[]): string {
  const name = args.atom().toUpperCase();
  if (!known.includes(name)) throw new ImapSyntaxError(`${name} is no option of LIST`);
  return name;
}

const inboxFirst = (pattern: string): string =>
  /^inbox(\/|$)/i.test(pattern) ? pathOf(pattern.slice(0, 5)) + pattern.slice(5) : pattern;

const useOf = ({ folder }: NamedFolder): string | undefined =>
  folder.role === null ? undefined : SPECIAL_USE[folder.role];

function line(response: 'LIST' | 'LSUB', entry: NamedFolder, more: readonly string[]): string {
  const use = useOf(entry);
  const attributes = [entry.hasChildren ? '\\HasChildren' : '\\HasNoChildren', ...(use ? [use] : []), ...more];
  return `* ${response} (${attributes.join(' ')}) "${DELIMITER}" ${encodeString(encodePath(entry.path))}`;
}
