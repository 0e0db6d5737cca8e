import { decodeHeaderText } from '../../../../shared/mime/encoded-words.ts';
import type { Arguments } from '../../../../shared/protocol/imap/arguments.ts';
import { baseSubject } from '../../../../shared/protocol/imap/base-subject.ts';
import { casemap } from '../../../../shared/protocol/imap/casemap.ts';
import { type Envelope, type EnvelopeAddress, readEnvelope } from '../../../../shared/protocol/imap/envelope-reader.ts';
import { parseCriteria, parseResults, type SearchRequest } from '../../../../shared/protocol/imap/search-keys.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { Uid } from '../../../../shared/store/engine/ids.ts';
import { type ListColumns, type ListedMessage, listMessages } from '../../../../shared/store/messages/messages.ts';
import type { CommandHandler } from '../command-table.ts';
import { keepSearch, SearchContext } from '../search/search-context.ts';
import { asksModseq } from '../search/search-criteria.ts';
import { extendedResult, foundOf, saveResults, searchMailbox } from '../search/search-mailbox.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';

const CRITERIA = ['ARRIVAL', 'CC', 'DATE', 'DISPLAYFROM', 'DISPLAYTO', 'FROM', 'SIZE', 'SUBJECT', 'TO'] as const;

type Criterion = (typeof CRITERIA)[number];

interface Order {
  by: Criterion;
  reverse: boolean;
}

/** SORT and UID SORT (RFC 5256), with results as ESEARCH has them (RFC 5267) and by display names (RFC 5957). */
export const sort =
  (byUid: boolean): CommandHandler =>
  async (session, tag, args) => {
    const results = args.skipWord('RETURN ') ? parseResults(args) : undefined;
    const orders = parseOrders(args);
    args.space();
    const { charset, key } = parseCriteria(args);
    const { mailbox } = session;
    if (!mailbox) return;
    const request = { charset, key, results };
    const messages = await sortMailbox(session, mailbox, request, orders, tag);
    if (!messages) return;
    const found = messages.map((message) => foundOf(mailbox, byUid, message));
    if (!results) return session.respond(['* SORT', ...found.map(({ number }) => number)].join(' '));
    saveResults(mailbox, results, found);
    if (results.names.has('UPDATE')) {
      const again = async (): Promise<Uid[]> =>
        // What was saved stays what it was.
        ((await sortMailbox(session, mailbox, { ...request, results: undefined }, orders)) ?? []).map(({ uid }) => uid);
      keepSearch(session, mailbox, new SearchContext(tag, byUid, request, messages, again));
    }
    session.respond(extendedResult(tag, byUid, results, found, asksModseq(key), true));
  };

async function sortMailbox(
  session: ImapSession,
  mailbox: SelectedMailbox,
  request: SearchRequest,
  orders: readonly Order[],
  tag?: string,
): Promise<ListedMessage[] | undefined> {
  const envelope = orders.some(({ by }) => !IN_ROW.includes(by));
  const messages = await searchRows(session, mailbox, request, { envelope }, tag);
  return messages && sorted(messages, orders);
}

/** The messages that a search finds, with some of their columns, by uid. Undefined: the client has gone. */
export async function searchRows(
  session: ImapSession,
  mailbox: SelectedMailbox,
  request: SearchRequest,
  columns: ListColumns,
  tag?: string,
): Promise<ListedMessage[] | undefined> {
  const states = await searchMailbox(session, mailbox, request, tag);
  if (!states) return undefined;
  const messages: ListedMessage[] = [];
  for await (const batch of listMessages(
    session.context.store.db,
    mailbox.ref,
    mailbox.folder,
    states.map(({ uid }) => uid),
    columns,
  )) {
    messages.push(...batch);
    if (session.gone) return undefined;
  }
  return messages;
}

function parseOrders(args: Arguments): Order[] {
  let reverse = false;
  const orders = args.list((): Order | undefined => {
    const word = args.atom().toUpperCase();
    if (word === 'REVERSE') {
      reverse = true;
      return undefined;
    }
    const by = CRITERIA.find((criterion) => criterion === word);
    if (!by) throw new ImapSyntaxError(`${word} is nothing to sort by`);
    const order = { by, reverse };
    reverse = false;
    return order;
  });
  const found = orders.filter((order) => order !== undefined);
  if (found.length === 0 || reverse) throw new ImapSyntaxError('a sort criterion expected');
  return found;
}

const NOTHING: Envelope = {
  date: undefined,
  subject: undefined,
  from: [],
  to: [],
  cc: [],
  inReplyTo: undefined,
  messageId: undefined,
};

export const envelopeOf = ({ envelope }: ListedMessage): Envelope => (envelope ? readEnvelope(envelope) : NOTHING);

/** RFC 5256 §2.2: the Date field in UTC; where there is none, when the message came. */
export const sentDate = ({ sentAt, receivedAt }: ListedMessage): number => sentAt ?? receivedAt;

/** What a row says without its envelope. */
const IN_ROW: readonly Criterion[] = ['ARRIVAL', 'DATE', 'SIZE'];

/** Messages that no criterion tells apart stay in the order of their numbers. */
function sorted(messages: readonly ListedMessage[], orders: readonly Order[]): ListedMessage[] {
  const keyed = messages.map((message) => {
    const envelope = envelopeOf(message);
    return { message, keys: orders.map(({ by }) => keyOf(by, message, envelope)) };
  });
  keyed.sort((a, b) => {
    for (const [i, { reverse }] of orders.entries()) {
      const [x, y] = [a.keys[i] ?? 0, b.keys[i] ?? 0];
      if (x !== y) return x < y === reverse ? 1 : -1;
    }
    return 0;
  });
  return keyed.map(({ message }) => message);
}

function keyOf(by: Criterion, message: ListedMessage, envelope: Envelope): string | number {
  switch (by) {
    case 'ARRIVAL':
      return message.receivedAt;
    case 'DATE':
      return sentDate(message);
    case 'SIZE':
      return message.size;
    case 'SUBJECT':
      return baseSubject(envelope.subject).base;
    case 'FROM':
    case 'TO':
    case 'CC':
      return casemap(envelope[by.toLowerCase() as 'from'][0]?.mailbox ?? '');
    case 'DISPLAYFROM':
      return displayName(envelope.from[0]);
    case 'DISPLAYTO':
      return displayName(envelope.to[0]);
  }
}

/** RFC 5957 §2: the name that is shown, or else the address. */
function displayName(address: EnvelopeAddress | undefined): string {
  if (!address) return '';
  const shown = address.name ? decodeHeaderText(address.name) : `${address.mailbox ?? ''}@${address.host ?? ''}`;
  return casemap(shown);
}
