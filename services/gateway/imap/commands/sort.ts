import { decodeHeaderText } from '../../../../shared/mime/encoded-words.ts';
import type { Arguments } from '../../../../shared/protocol/imap/arguments.ts';
import { baseSubject } from '../../../../shared/protocol/imap/base-subject.ts';
import { casemap } from '../../../../shared/protocol/imap/casemap.ts';
import type { EnvelopeAddress, ImapEnvelope } from '../../../../shared/protocol/imap/envelope-reader.ts';
import { parseCriteria, parseResults, type SearchRequest } from '../../../../shared/protocol/imap/search-keys.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { Uid } from '../../../../shared/store/engine/ids.ts';
import type { ListedMessage } from '../../../../shared/store/messages/message-list.ts';
import type { CommandHandler } from '../command.ts';
import { findRows, readEnvelopeOf, sentDate } from '../search/found-rows.ts';
import { keepSearch, SearchContext } from '../search/search-context.ts';
import { asksModseq } from '../search/search-criteria.ts';
import { esearchLine, foundMessage, saveResults } from '../search/search-results.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';

const CRITERIA = ['ARRIVAL', 'CC', 'DATE', 'DISPLAYFROM', 'DISPLAYTO', 'FROM', 'SIZE', 'SUBJECT', 'TO'] as const;

type Criterion = (typeof CRITERIA)[number];

interface Order {
  by: Criterion;
  reverse: boolean;
}

/** SORT and UID SORT (RFC 5256), with ESEARCH responses (RFC 5267) and by display names (RFC 5957). */
export const sortCommand =
  (byUid: boolean): CommandHandler =>
  async (session, args, { tag }) => {
    const results = args.skipWord('RETURN ') ? parseResults(args) : undefined;
    const orders = parseOrders(args);
    args.space();
    const { charset, key } = parseCriteria(args);
    const { mailbox } = session;
    if (!mailbox) return;
    const request = { charset, key, results };
    const messages = await sortMailbox(session, mailbox, request, orders, tag);
    if (!messages) return;
    const found = messages.map((message) => foundMessage(mailbox, byUid, message));
    if (!results) return session.output.respond(['* SORT', ...found.map(({ number }) => number)].join(' '));
    saveResults(mailbox, results, found);
    if (results.names.has('UPDATE')) {
      const again = async (): Promise<Uid[]> =>
        // The saved result of an earlier search is kept.
        ((await sortMailbox(session, mailbox, { ...request, results: undefined }, orders)) ?? []).map(({ uid }) => uid);
      keepSearch(
        session,
        mailbox,
        new SearchContext({ session, mailbox, tag, byUid, request, found: messages, again }),
      );
    }
    session.output.respond(esearchLine({ tag, byUid, results, found, byModseq: asksModseq(key), inOrder: true }));
  };

async function sortMailbox(
  session: ImapSession,
  mailbox: SelectedMailbox,
  request: SearchRequest,
  orders: readonly Order[],
  tag?: string,
): Promise<ListedMessage[] | undefined> {
  const envelope = orders.some(({ by }) => !IN_ROW.includes(by));
  const messages = await findRows(session, mailbox, request, { envelope }, tag);
  return messages && sorted(messages, orders);
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
    if (!by) throw new ImapSyntaxError(`${word} is not a sort criterion`);
    const order = { by, reverse };
    reverse = false;
    return order;
  });
  const found = orders.filter((order) => order !== undefined);
  if (found.length === 0 || reverse) throw new ImapSyntaxError('a sort criterion expected');
  return found;
}

/** Criteria that need no envelope. */
const IN_ROW: readonly Criterion[] = ['ARRIVAL', 'DATE', 'SIZE'];

/** Messages that are equal by every criterion stay in the order of their numbers. */
function sorted(messages: readonly ListedMessage[], orders: readonly Order[]): ListedMessage[] {
  const keyed = messages.map((message) => {
    const envelope = readEnvelopeOf(message);
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

function keyOf(by: Criterion, message: ListedMessage, envelope: ImapEnvelope): string | number {
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

/** RFC 5957 §2: the display name, or the address where there is none. */
function displayName(address: EnvelopeAddress | undefined): string {
  if (!address) return '';
  const shown = address.name ? decodeHeaderText(address.name) : `${address.mailbox ?? ''}@${address.host ?? ''}`;
  return casemap(shown);
}
