import { setImmediate as nextTurn } from 'node:timers/promises';
import { scanMessage } from '../../../../shared/mime/scanner.ts';
import { collect } from '../../../../shared/platform/collect.ts';
import { ADDRESS_FIELDS } from '../../../../shared/protocol/imap/address-text.ts';
import { pageOf } from '../../../../shared/protocol/imap/partial-range.ts';
import {
  parseSearch,
  type SearchKey,
  type SearchRequest,
  type SearchResults,
} from '../../../../shared/protocol/imap/search-keys.ts';
import { encodeSequenceSet } from '../../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { Uid } from '../../../../shared/store/engine/ids.ts';
import { type MessageState, openContents } from '../../../../shared/store/messages/messages.ts';
import type { CommandHandler } from '../command-table.ts';
import { UnknownCharset } from '../error-responses.ts';
import { progressOf } from '../progress-response.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';
import { candidates } from './search-candidates.ts';
import { keepSearch, SearchContext } from './search-context.ts';
import { asksModseq, type Candidate, matches, requireModest } from './search-criteria.ts';

/** SEARCH and UID SEARCH (RFC 3501 §6.4.4, RFC 4731, RFC 9051 §6.4.4). */
export const search =
  (byUid: boolean): CommandHandler =>
  async (session, tag, args) => {
    const request = parseSearch(args);
    // RFC 6855 §3
    if (request.charset !== undefined && session.enabled.has('UTF8=ACCEPT'))
      throw new ImapSyntaxError('all text is UTF-8 once UTF8=ACCEPT is enabled');
    const { mailbox } = session;
    if (!mailbox) return;
    const states = await searchMailbox(session, mailbox, request, tag);
    if (!states) return;
    const found = states.map((state) => foundOf(mailbox, byUid, state));
    const { key } = request;
    // RFC 9051 §7.3.4: IMAP4rev2 knows only extended results.
    const results = request.results ?? (session.rev2 ? ALL_RESULTS : undefined);
    const byModseq = asksModseq(key);
    if (results) {
      saveResults(mailbox, results, found);
      if (results.names.has('UPDATE')) keepSearch(session, mailbox, new SearchContext(tag, byUid, request, states));
      // RFC 5182 §2.1: who only wants it saved is told nothing.
      if ([...results.names].some((name) => name !== 'SAVE'))
        session.respond(extendedResult(tag, byUid, results, found, byModseq));
      return;
    }
    const numbers = found.map(({ number }) => ` ${number}`).join('');
    session.respond(`* SEARCH${numbers}${byModseq && found.length > 0 ? ` (MODSEQ ${highest(found)})` : ''}`);
  };

const ALL_RESULTS: SearchResults = { names: new Set(['ALL']), range: undefined };

/**
 * The messages that a search finds, by uid. What the index of the folder can decide is decided there; rows are read only for what needs
 * them, and contents only of messages that nothing cheaper has ruled out. Undefined: the client has gone.
 */
export async function searchMailbox(
  session: ImapSession,
  mailbox: SelectedMailbox,
  { charset, key, results }: SearchRequest,
  tag?: string,
  within: readonly Uid[] = mailbox.uids,
): Promise<MessageState[] | undefined> {
  const { saved } = mailbox;
  // RFC 5182 §2.1: a search that fails leaves nothing saved.
  if (results?.names.has('SAVE')) mailbox.saved = new Set();
  if (charset !== undefined && !/^(us-ascii|utf-8)$/i.test(charset)) throw new UnknownCharset();
  requireModest(key);
  if (asksModseq(key)) session.enable('CONDSTORE');
  const now = session.context.store.clock();
  const progress = progressOf(session, tag, within.length);
  const found: MessageState[] = [];
  const undecided: Candidate[] = [];
  for await (const states of candidates(session, mailbox, within, key, saved)) {
    for (const known of states) {
      const candidate: Candidate = { ...known, mailbox, now, saved, opened: undefined };
      const { state } = known;
      const verdict = matches(key, candidate);
      if (verdict === true) found.push(state);
      else if (verdict === undefined) undecided.push(candidate);
    }
    if (session.gone) return undefined;
  }
  if (undecided.length === 0) return found;
  const words = plainWords(key);
  const byUid = new Map(undecided.map((candidate) => [candidate.state.uid, candidate]));
  const { store } = session.context;
  for await (const [uid, content] of openContents(store, mailbox.ref, mailbox.folder, [...byUid.keys()])) {
    const candidate = byUid.get(uid);
    if (!candidate) continue;
    const bytes = await collect(content.read({ start: 0, end: content.size }));
    if (words.length > 0 && lacks(bytes, words)) continue;
    const opened = { bytes, root: scanMessage(bytes), texts: new Map() };
    if (matches(key, { ...candidate, opened })) found.push(candidate.state);
    // Others have their turn after each message.
    await nextTurn();
    progress(1);
    if (session.gone) return undefined;
  }
  return found.sort((a, b) => a.uid - b.uid);
}

/**
 * Words that a message must have as they stand, for any of its text to be what is searched for: ASCII without white space, asked for by
 * themselves or together with others.
 */
function plainWords(key: SearchKey): string[] {
  if (key.key === 'and') return key.of.flatMap(plainWords);
  const isText = key.key === 'body' || key.key === 'text' || (key.key === 'header' && !ADDRESS_FIELDS.has(key.field));
  return isText && /^[\x21-\x7e]+$/.test(key.text) ? [key.text.toUpperCase()] : [];
}

/** What text may be encoded in: then it need not stand in the bytes as it is read. */
const ENCODED = ['BASE64', 'QUOTED-PRINTABLE', '=?', 'UTF-16', 'UTF-7'];

/** Whether a message that is not encoded anywhere lacks one of some words: far less to do than to read what it says. */
function lacks(bytes: Buffer, words: readonly string[]): boolean {
  const upper = bytes.toString('latin1').toUpperCase();
  return words.some((word) => !upper.includes(word)) && !ENCODED.some((mark) => upper.includes(mark));
}

export const foundOf = (
  mailbox: SelectedMailbox,
  byUid: boolean,
  { uid, modseq }: Pick<MessageState, 'uid' | 'modseq'>,
): Found => ({
  uid,
  number: byUid ? uid : mailbox.numberOf(uid),
  modseq,
});

/** Keeps what was found for the commands that follow, if the client wants that (RFC 5182). */
export function saveResults(mailbox: SelectedMailbox, results: SearchResults, found: readonly Found[]): void {
  if (results.names.has('SAVE')) mailbox.saved = new Set(savedOf(results, found).map(({ uid }) => uid));
}

/** A message that was found. */
export interface Found {
  uid: Uid;
  /** As the client asks for it: uid or message number. */
  number: number;
  modseq: number;
}

const highest = (found: readonly Found[]): number => found.reduce((most, { modseq }) => Math.max(most, modseq), 0);

/** RFC 5182 §2.4: with MIN or MAX alone only those are saved. */
function savedOf({ names, range }: SearchResults, found: readonly Found[]): readonly Found[] {
  if (range) return pageOf(found, range);
  if (names.has('ALL') || names.has('COUNT') || !(names.has('MIN') || names.has('MAX'))) return found;
  return [...(names.has('MIN') ? found.slice(0, 1) : []), ...(names.has('MAX') ? found.slice(-1) : [])];
}

/** The ESEARCH response (RFC 4731 §3.1); of a sort in its order (RFC 5267 §3). */
export function extendedResult(
  tag: string,
  byUid: boolean,
  results: SearchResults,
  found: readonly Found[],
  byModseq: boolean,
  inOrder = false,
): string {
  const { names, range } = results;
  const numbers = found.map(({ number }) => number);
  const setOf = (list: readonly number[]) => (inOrder ? list.join(',') : encodeSequenceSet(list));
  const any = numbers.length > 0;
  // RFC 7162 §3.1.10: the highest of what is told, which for MIN or MAX alone is theirs.
  const told = savedOf(results, found);
  return [
    `* ESEARCH (TAG "${tag}")${byUid ? ' UID' : ''}`,
    ...(names.has('MIN') && any ? [`MIN ${numbers[0]}`] : []),
    ...(names.has('MAX') && any ? [`MAX ${numbers.at(-1)}`] : []),
    ...(names.has('COUNT') ? [`COUNT ${numbers.length}`] : []),
    ...(names.has('ALL') && any ? [`ALL ${setOf(numbers)}`] : []),
    ...(range ? [`PARTIAL (${range.text} ${setOf(pageOf(numbers, range)) || 'NIL'})`] : []),
    ...(byModseq && any ? [`MODSEQ ${highest(told)}`] : []),
  ].join(' ');
}
