import { textOf } from '../../../shared/mime/body-text.ts';
import { parseMailDate } from '../../../shared/mime/date.ts';
import { decodeHeaderText } from '../../../shared/mime/encoded-words.ts';
import { firstField, type HeaderField, parseHeaderFields } from '../../../shared/mime/header-fields.ts';
import { isListed } from '../../../shared/mime/listed-header.ts';
import type { Part } from '../../../shared/mime/part.ts';
import { scanMessage } from '../../../shared/mime/scanner.ts';
import { collect } from '../../../shared/platform/collect.ts';
import { ADDRESS_FIELDS, hidesAddresses, plainAddresses } from '../../../shared/protocol/imap/address-text.ts';
import { casemap } from '../../../shared/protocol/imap/casemap.ts';
import { dayOf } from '../../../shared/protocol/imap/date-time.ts';
import { pageOf } from '../../../shared/protocol/imap/partial-range.ts';
import {
  parseSearch,
  type SearchKey,
  type SearchRequest,
  type SearchResults,
} from '../../../shared/protocol/imap/search-keys.ts';
import type { SequenceSet } from '../../../shared/protocol/imap/sequence-set.ts';
import { encodeSequenceSet, utf8Text } from '../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import { FLAG } from '../../../shared/store/flags.ts';
import type { Uid } from '../../../shared/store/ids.ts';
import { type ListedMessage, listMessages, type MessageState, openContents } from '../../../shared/store/messages.ts';
import type { CommandHandler } from './commands.ts';
import { emailId, threadId } from './object-ids.ts';
import { progressOf } from './progress.ts';
import { UnknownCharset } from './responses.ts';
import { keepSearch, SearchContext } from './search-context.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';
import type { ImapSession } from './session.ts';

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
  if (asksModseq(key)) session.enable('CONDSTORE');
  const now = session.context.store.clock();
  const progress = progressOf(session, tag, within.length);
  const found: MessageState[] = [];
  const undecided: Candidate[] = [];
  for await (const states of candidates(session, mailbox, within, key, saved)) {
    for (const { state, row } of states) {
      const candidate: Candidate = { state, row, mailbox, now, saved, opened: undefined };
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
    if (matches(key, { ...candidate, opened: { bytes, root: scanMessage(bytes) } })) found.push(candidate.state);
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

/** The messages to be looked at, with their rows where a criterion needs more than the index has. */
async function* candidates(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uids: readonly Uid[],
  key: SearchKey,
  saved: ReadonlySet<Uid>,
): AsyncIterable<{ state: MessageState; row: ListedMessage | undefined }[]> {
  const states = await mailbox.statesOf(uids, session.commandAt);
  if (!ROW_KEYS.some((each) => asks(key, each))) {
    yield states.map((state) => ({ state, row: undefined }));
    return;
  }
  const columns = {
    objectIds: asks(key, 'email-id') || asks(key, 'thread-id'),
    header: some(key, (each) => each.key === 'header' || (each.key === 'date' && each.field === 'sent')),
  };
  // What the index alone rules out needs no row.
  const now = session.context.store.clock();
  const possible = states.filter(
    (state) => matches(key, { state, row: undefined, mailbox, now, saved, opened: undefined }) !== false,
  );
  for await (const rows of listMessages(
    session.context.store.db,
    mailbox.ref,
    mailbox.folder,
    possible.map(({ uid }) => uid),
    columns,
  ))
    yield rows.map((row) => ({ state: row, row }));
}

const ROW_KEYS: readonly SearchKey['key'][] = ['date', 'age', 'size', 'email-id', 'thread-id', 'header'];

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

export const asksModseq = (key: SearchKey): boolean => asks(key, 'modseq');

/** Whether a criterion is anywhere in a search. */
const asks = (key: SearchKey, what: SearchKey['key']): boolean => some(key, (each) => each.key === what);

/** Whether any criterion that a search is made of is like that. */
function some(key: SearchKey, like: (key: SearchKey) => boolean): boolean {
  switch (key.key) {
    case 'not':
      return some(key.of, like);
    case 'or':
    case 'and':
      return key.of.some((each) => some(each, like));
    default:
      return like(key);
  }
}

interface OpenedMessage {
  bytes: Buffer;
  root: Part;
}

interface Candidate {
  state: MessageState;
  /** Undefined where no criterion needs it, and while what the index knows is tried alone. */
  row: ListedMessage | undefined;
  mailbox: SelectedMailbox;
  /** Milliseconds since 1970 (UTC). */
  now: number;
  /** What the search before has saved. */
  saved: ReadonlySet<Uid>;
  opened: OpenedMessage | undefined;
  /** Of the row's header, once it is read. */
  fields?: readonly HeaderField[];
}

/** Whether a message is meant; undefined where that takes more of it than is at hand. */
type Verdict = boolean | undefined;

const not = (verdict: Verdict): Verdict => (verdict === undefined ? undefined : !verdict);

/** One that rules the others out, or none of them does; where one is not known, nothing is, unless another decides. */
function combine(keys: readonly SearchKey[], candidate: Candidate, decides: boolean): Verdict {
  let verdict: Verdict = !decides;
  for (const key of keys) {
    const one = matches(key, candidate);
    if (one === decides) return decides;
    if (one === undefined) verdict = undefined;
  }
  return verdict;
}

function matches(key: SearchKey, candidate: Candidate): Verdict {
  const { state, row, mailbox, opened } = candidate;
  switch (key.key) {
    case 'all':
      return true;
    case 'flag':
      return ((state.flags & FLAG[key.flag]) !== 0) === key.set;
    case 'recent':
      return mailbox.recent.has(state.uid) === key.set;
    case 'keyword':
      return state.keywords.some((keyword) => keyword.toLowerCase() === key.keyword.toLowerCase()) === key.set;
    case 'modseq':
      return state.modseq >= key.least;
    case 'saved':
      return candidate.saved.has(state.uid);
    case 'sequence':
      return inSet(key.set, mailbox.numberOf(state.uid), mailbox.uids.length);
    case 'uid':
      return inSet(key.set, state.uid, mailbox.uids.at(-1) ?? 0);
    case 'not':
      return not(matches(key.of, candidate));
    case 'or':
      return combine(key.of, candidate, true);
    case 'and':
      return combine(key.of, candidate, false);
    case 'age': {
      if (!row) return undefined;
      const young = candidate.now - row.receivedAt <= key.seconds * 1000;
      return key.compare === 'younger' ? young : !young;
    }
    case 'email-id':
      return row && emailId(row) === key.id;
    case 'thread-id':
      return row && threadId(row) === key.id;
    case 'size':
      return row && (key.compare === 'larger' ? row.size > key.size : row.size < key.size);
    case 'date':
      return matchesDate(key, candidate);
    case 'header': {
      const fields = fieldsOf(candidate, key.field);
      return fields && matchesHeader(key, fields);
    }
    default:
      return opened && partMatches(opened, opened.root, casemap(utf8Text(key.text)), key.key === 'text');
  }
}

/** A `*` is the highest number there is, on whichever side of a range it stands. */
const inSet = (set: SequenceSet, number: number, highest: number): boolean =>
  set.some(({ from, to }) => {
    const [a, b] = [from, to].map((end) => (Number.isFinite(end) ? end : highest)) as [number, number];
    return number >= Math.min(a, b) && number <= Math.max(a, b);
  });

/** The header as far as it is at hand; undefined where that does not say all there is to say about a field. */
function fieldsOf(candidate: Candidate, field: string): readonly HeaderField[] | undefined {
  if (candidate.opened) return candidate.opened.root.fields;
  if (!candidate.row?.header || !isListed(field)) return undefined;
  candidate.fields ??= parseHeaderFields(candidate.row.header);
  return candidate.fields;
}

function matchesDate(key: Extract<SearchKey, { key: 'date' }>, candidate: Candidate): Verdict {
  const { row } = candidate;
  const fields = key.field === 'sent' ? fieldsOf(candidate, 'date') : undefined;
  if (key.field === 'sent' ? !fields : !row) return undefined;
  const ms = fields ? sentAt(fields) : key.field === 'saved' ? row?.savedAt : row?.receivedAt;
  if (ms === undefined) return false;
  const day = dayOf(ms);
  return key.compare === 'before' ? day < key.day : key.compare === 'on' ? day === key.day : day >= key.day;
}

/** RFC 3501 §6.4.4: the date of the Date field, its time and zone disregarded. */
function sentAt(fields: readonly HeaderField[]): number | undefined {
  const text = firstField(fields, 'date')?.replace(/[+-]\d{4}.*$/, '');
  return text === undefined ? undefined : parseMailDate(text);
}

/** RFC 3501 §6.4.4: an empty text matches every message that has the field. */
function matchesHeader(key: Extract<SearchKey, { key: 'header' }>, fields: readonly HeaderField[]): boolean {
  const wanted = casemap(utf8Text(key.text));
  return fields.some(({ name, value }) => {
    if (name !== key.field) return false;
    if (casemap(decodeHeaderText(value)).includes(wanted)) return true;
    return ADDRESS_FIELDS.has(name) && hidesAddresses(value) && casemap(plainAddresses(value)).includes(wanted);
  });
}

function partMatches(opened: OpenedMessage, part: Part, wanted: string, withHeader: boolean): boolean {
  if (
    withHeader &&
    part.fields.some((field) => casemap(`${field.name}: ${decodeHeaderText(field.value)}`).includes(wanted))
  )
    return true;
  if (part.children.length > 0)
    return part.children.some((child) => partMatches(opened, child, wanted, withHeader || part.kind === 'message'));
  return part.contentType.value.startsWith('text/') && casemap(textOf(opened.bytes, part)).includes(wanted);
}
