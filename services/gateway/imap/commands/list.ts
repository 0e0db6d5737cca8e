import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Arguments } from '../../../../shared/protocol/imap/arguments.ts';
import { DELIMITER, decodeMailboxName, listPattern } from '../../../../shared/protocol/imap/mailbox-name.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import { RIGHT } from '../../../../shared/store/folders/rights.ts';
import type { CommandHandler } from '../command.ts';
import { attributesOf, listLine, specialUseOf } from '../list-response.ts';
import { type ListedName, visibleNames } from '../mailbox-tree.ts';
import type { ImapSession } from '../session.ts';
import { parseStatusItems, statusLine } from '../status-response.ts';
import { entriesOf, levelsAbove, subscribedNames, withSubscribed } from '../subscriptions.ts';

const SELECTIONS = ['SUBSCRIBED', 'REMOTE', 'RECURSIVEMATCH', 'SPECIAL-USE'] as const;
const RETURNS = ['SUBSCRIBED', 'CHILDREN', 'SPECIAL-USE'] as const;

/** Patterns of one LIST: each is compared with every name. */
const MAX_PATTERNS = 100;

/** The arguments of an extended LIST (RFC 5258, RFC 5819, RFC 6154). */
interface ListRequest {
  patterns: string[];
  selections: ReadonlySet<string>;
  returns: ReadonlySet<string>;
  status: string[];
}

/** RFC 3501 §6.3.8, with the attributes of RFC 3348 and RFC 6154, and RFC 5258. */
export const listCommand: CommandHandler = async (session, args) => {
  const { patterns, selections, returns, status } = parseList(session, args);
  // RFC 3501 §6.3.8: an empty pattern asks for the delimiter.
  if (patterns.length === 1 && patterns[0] === '')
    return session.output.respond(`* LIST (\\Noselect) "${DELIMITER}" ""`);
  const existing = await visibleNames(session);
  const wantsSubscribed = selections.has('SUBSCRIBED') || returns.has('SUBSCRIBED');
  const subscribed = wantsSubscribed ? await subscribedNames(session, entriesOf(existing)) : new Set<string>();
  const names = selections.has('SUBSCRIBED') ? withSubscribed(existing, subscribed) : existing;
  const chosen = ({ path, entry }: ListedName): boolean =>
    (!selections.has('SUBSCRIBED') || subscribed.has(path)) &&
    (!selections.has('SPECIAL-USE') || specialUseOf(entry) !== undefined);
  const matching = await matchingNames(names, patterns);
  const above = selections.has('RECURSIVEMATCH') ? aboveChosen(names, matching, chosen) : new Set<string>();
  const childInfo = ['SUBSCRIBED', 'SPECIAL-USE'].filter((each) => selections.has(each)).map((each) => `"${each}"`);
  for (const name of matching) {
    const info = above.has(name.path);
    if (!info && !chosen(name)) continue;
    const attributes = attributesOf(name, subscribed.has(name.path) ? ['\\Subscribed'] : []);
    session.output.respond(
      listLine(session.extensions, 'LIST', name.path, attributes) +
        (info ? ` ("CHILDINFO" (${childInfo.join(' ')}))` : ''),
    );
    if (status.length > 0 && name.entry && name.entry.rights & RIGHT.READ)
      session.output.respond(await statusLine(session, name.entry, status));
    await session.output.flushIfFull();
  }
};

/** RFC 5258 §3.5: the names above a chosen name that is not listed itself. */
function aboveChosen(
  names: readonly ListedName[],
  listed: readonly ListedName[],
  chosen: (name: ListedName) => boolean,
): Set<string> {
  const shown = new Set(listed);
  return new Set(names.filter((name) => !shown.has(name) && chosen(name)).flatMap(({ path }) => levelsAbove(path)));
}

/** RFC 3501 §6.3.9: a pattern with % at its end also finds the levels above a subscribed name. */
export const lsubCommand: CommandHandler = async (session, args) => {
  const reference = mailboxName(session, args.astring());
  args.space();
  const pattern = reference + mailboxName(session, args.listMailbox());
  args.end();
  const existing = await visibleNames(session);
  const subscribed = await subscribedNames(session, entriesOf(existing));
  const names = withSubscribed(existing, subscribed);
  const matching = await matchingNames(names, [pattern]);
  const above = pattern.endsWith('%') ? aboveChosen(names, matching, ({ path }) => subscribed.has(path)) : new Set();
  for (const name of matching) {
    // RFC 3501 §6.3.9: \Noselect means here that the name itself is not subscribed.
    const attributes = name.entry ? attributesOf(name, []) : ['\\NonExistent'];
    if (subscribed.has(name.path)) session.output.respond(listLine(session.extensions, 'LSUB', name.path, attributes));
    else if (above.has(name.path))
      session.output.respond(listLine(session.extensions, 'LSUB', name.path, ['\\Noselect']));
    await session.output.flushIfFull();
  }
};

/** Milliseconds of comparing names after which other sessions run. */
const TURN_MS = 5;

/** The names that any of some patterns matches. */
async function matchingNames(names: readonly ListedName[], patterns: readonly string[]): Promise<ListedName[]> {
  const matchers = patterns.map((pattern) => listPattern(inboxFirst(pattern)));
  const found: ListedName[] = [];
  let turn = performance.now();
  for (const name of names)
    for (const matches of matchers) {
      if (performance.now() - turn >= TURN_MS) {
        await nextTurn();
        turn = performance.now();
      }
      if (!matches(name.path)) continue;
      found.push(name);
      break;
    }
  return found;
}

const mailboxName = (session: ImapSession, text: string): string =>
  decodeMailboxName(text, session.extensions.utf8) ?? '';

function parseList(session: ImapSession, args: Arguments): ListRequest {
  const selections = new Set<string>();
  if (args.peek() === '(') {
    args.list(() => selections.add(option(args, SELECTIONS)));
    args.space();
  }
  // RFC 5258 §3: RECURSIVEMATCH is only valid together with another selection option.
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
