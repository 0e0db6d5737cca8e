import type { Arguments } from './arguments.ts';
import { type FetchItem, parseFetchItems } from './fetch-items.ts';
import { ImapSyntaxError } from './syntax-error.ts';

/** Events of NOTIFY (RFC 5465 §5). */
export const EVENTS = ['MessageNew', 'MessageExpunge', 'FlagChange', 'MailboxName', 'SubscriptionChange'] as const;

export type NotifyEvent = (typeof EVENTS)[number];

/** The mailboxes of an event group (RFC 5465 §6); names are as the client sent them. */
export type MailboxFilter =
  | { kind: 'selected' | 'selected-delayed' | 'inboxes' | 'personal' | 'subscribed' }
  | { kind: 'subtree' | 'mailboxes'; names: string[] };

export interface EventGroup {
  filter: MailboxFilter;
  /** Empty: no events. */
  events: ReadonlySet<NotifyEvent>;
  /** The items that are fetched of new messages in the selected mailbox. */
  fetch: FetchItem[];
  /** Names of unknown events. */
  unknown: string[];
}

/** The request of a NOTIFY; undefined for NOTIFY NONE. `status`: the state of the mailboxes is sent first. */
export type NotifyRequest = { status: boolean; groups: EventGroup[] } | undefined;

const MAX_GROUPS = 100;

/** Parses `NONE` or `SET [STATUS] (filter events) ...`. */
export function parseNotify(args: Arguments): NotifyRequest {
  if (args.skipWord('NONE')) return undefined;
  if (!args.skipWord('SET ')) throw new ImapSyntaxError('NONE or SET expected');
  const status = args.skipWord('STATUS ');
  const groups = [parseGroup(args)];
  while (args.skip(' ')) groups.push(parseGroup(args));
  if (groups.length > MAX_GROUPS) throw new ImapSyntaxError('too many event groups');
  return { status, groups };
}

function parseGroup(args: Arguments): EventGroup {
  args.expect('(');
  const filter = parseFilter(args);
  args.space();
  const events = new Set<NotifyEvent>();
  const unknown: string[] = [];
  let fetch: FetchItem[] = [];
  if (!args.skipWord('NONE'))
    args.list(() => {
      const word = args.atom();
      const event = EVENTS.find((each) => each.toUpperCase() === word.toUpperCase());
      if (event) events.add(event);
      else unknown.push(word);
      if (event === 'MessageNew' && args.skipWord(' (')) fetch = parseFetch(args);
    });
  args.expect(')');
  // RFC 5465 §5: MessageNew and MessageExpunge must be given together, and FlagChange requires them.
  const one = events.has('MessageNew') !== events.has('MessageExpunge');
  if (one || (events.has('FlagChange') && !events.has('MessageNew')))
    throw new ImapSyntaxError('MessageNew and MessageExpunge must be given together, and FlagChange requires both');
  return { filter, events, fetch, unknown };
}

/** The rest of a list of fetch items after its opening parenthesis. */
function parseFetch(args: Arguments): FetchItem[] {
  const items: FetchItem[] = [];
  do items.push(...parseFetchItems(args));
  while (args.skip(' '));
  args.expect(')');
  return items;
}

function parseFilter(args: Arguments): MailboxFilter {
  const kind = args.atom().toLowerCase();
  switch (kind) {
    case 'selected':
    case 'selected-delayed':
    case 'inboxes':
    case 'personal':
    case 'subscribed':
      return { kind };
    case 'subtree':
    case 'mailboxes':
      args.space();
      return { kind, names: args.peek() === '(' ? args.list(() => args.astring()) : [args.astring()] };
    default:
      throw new ImapSyntaxError(`${kind} are no mailboxes`);
  }
}
