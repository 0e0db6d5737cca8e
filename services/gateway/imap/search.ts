import { textOf } from '../../../shared/mime/body-text.ts';
import { parseMailDate } from '../../../shared/mime/date.ts';
import { decodeHeaderText } from '../../../shared/mime/encoded-words.ts';
import { firstField } from '../../../shared/mime/header-fields.ts';
import type { Part } from '../../../shared/mime/part.ts';
import { scanMessage } from '../../../shared/mime/scanner.ts';
import { collect } from '../../../shared/platform/collect.ts';
import { dayOf } from '../../../shared/protocol/imap/date-time.ts';
import { pageOf } from '../../../shared/protocol/imap/partial-range.ts';
import {
  parseSearch,
  type SearchKey,
  type SearchRequest,
  type SearchResults,
} from '../../../shared/protocol/imap/search-keys.ts';
import type { SequenceSet } from '../../../shared/protocol/imap/sequence-set.ts';
import { encodeSequenceSet } from '../../../shared/protocol/imap/strings.ts';
import { FLAG } from '../../../shared/store/flags.ts';
import type { Uid } from '../../../shared/store/ids.ts';
import { type ListedMessage, listMessages, openContents } from '../../../shared/store/messages.ts';
import type { CommandHandler } from './commands.ts';
import { emailId, threadId } from './object-ids.ts';
import { UnknownCharset } from './responses.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';
import type { ImapSession } from './session.ts';

/** SEARCH and UID SEARCH (RFC 3501 §6.4.4, RFC 4731). */
export const search =
  (byUid: boolean): CommandHandler =>
  async (session, tag, args) => {
    const request = parseSearch(args);
    const { mailbox } = session;
    if (!mailbox) return;
    const messages = await searchMailbox(session, mailbox, request);
    if (!messages) return;
    const found = messages.map((message) => foundOf(mailbox, byUid, message));
    const { results, key } = request;
    const byModseq = asksModseq(key);
    if (results) {
      saveResults(mailbox, results, found);
      session.respond(extendedResult(tag, byUid, results, found, byModseq));
      return;
    }
    const numbers = found.map(({ number }) => ` ${number}`).join('');
    session.respond(`* SEARCH${numbers}${byModseq && found.length > 0 ? ` (MODSEQ ${highest(found)})` : ''}`);
  };

/** The messages that a search finds, by uid. Only those that no cheaper criterion has ruled out are opened. Undefined: the client has gone. */
export async function searchMailbox(
  session: ImapSession,
  mailbox: SelectedMailbox,
  { charset, key, results }: SearchRequest,
  envelope = false,
): Promise<ListedMessage[] | undefined> {
  if (charset !== undefined && !/^(us-ascii|utf-8)$/i.test(charset)) throw new UnknownCharset();
  const wanted = cheapestFirst(key);
  if (asksModseq(key)) session.enable('CONDSTORE');
  const { saved } = mailbox;
  // RFC 5182 §2.1: a search that fails leaves nothing saved.
  if (results?.names.has('SAVE')) mailbox.saved = new Set();
  const found: ListedMessage[] = [];
  const { db, clock } = session.context.store;
  for await (const batch of listMessages(db, session.ref, mailbox.folder, mailbox.uids, {
    envelope,
    bodyStructure: false,
    objectIds: asks(key, 'email-id') || asks(key, 'thread-id'),
  })) {
    for (const message of batch) {
      const open = once(() => openMessage(session, mailbox, message));
      if (await matches(wanted, { message, mailbox, now: clock(), saved, open })) found.push(message);
    }
    if (session.gone) return undefined;
  }
  return found;
}

export const foundOf = (mailbox: SelectedMailbox, byUid: boolean, { uid, modseq }: ListedMessage): Found => ({
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
function asks(key: SearchKey, what: SearchKey['key']): boolean {
  switch (key.key) {
    case 'not':
      return asks(key.of, what);
    case 'or':
    case 'and':
      return key.of.some((each) => asks(each, what));
    default:
      return key.key === what;
  }
}

interface OpenedMessage {
  bytes: Buffer;
  root: Part;
}

interface Candidate {
  message: ListedMessage;
  mailbox: SelectedMailbox;
  /** Milliseconds since 1970 (UTC). */
  now: number;
  /** What the search before has saved. */
  saved: ReadonlySet<Uid>;
  /** The message itself; undefined when it has been expunged meanwhile. */
  open: () => Promise<OpenedMessage | undefined>;
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}

async function openMessage(
  session: ImapSession,
  mailbox: SelectedMailbox,
  message: ListedMessage,
): Promise<OpenedMessage | undefined> {
  for await (const [, content] of openContents(session.context.store, session.ref, mailbox.folder, [message.uid])) {
    const bytes = await collect(content.read({ start: 0, end: content.size }));
    return { bytes, root: scanMessage(bytes) };
  }
  return undefined;
}

/** 0: known from the listing; 1: needs the message. */
function cost(key: SearchKey): number {
  switch (key.key) {
    case 'header':
    case 'body':
    case 'text':
      return 1;
    case 'date':
      return key.field === 'sent' ? 1 : 0;
    case 'not':
      return cost(key.of);
    case 'or':
    case 'and':
      return Math.max(...key.of.map(cost));
    default:
      return 0;
  }
}

function cheapestFirst(key: SearchKey): SearchKey {
  switch (key.key) {
    case 'and':
      return { key: 'and', of: key.of.map(cheapestFirst).sort((a, b) => cost(a) - cost(b)) };
    case 'or': {
      const [first, second] = key.of.map(cheapestFirst).sort((a, b) => cost(a) - cost(b));
      return first && second ? { key: 'or', of: [first, second] } : key;
    }
    case 'not':
      return { key: 'not', of: cheapestFirst(key.of) };
    default:
      return key;
  }
}

async function matches(key: SearchKey, candidate: Candidate): Promise<boolean> {
  const { message, mailbox } = candidate;
  switch (key.key) {
    case 'all':
      return true;
    case 'flag':
      return ((message.flags & FLAG[key.flag]) !== 0) === key.set;
    case 'recent':
      return !key.set;
    case 'keyword':
      return message.keywords.some((keyword) => keyword.toLowerCase() === key.keyword.toLowerCase()) === key.set;
    case 'age': {
      const young = candidate.now - message.receivedAt <= key.seconds * 1000;
      return key.compare === 'younger' ? young : !young;
    }
    case 'modseq':
      return message.modseq >= key.least;
    case 'email-id':
      return emailId(message) === key.id;
    case 'thread-id':
      return threadId(message) === key.id;
    case 'saved':
      return candidate.saved.has(message.uid);
    case 'size':
      return key.compare === 'larger' ? message.size > key.size : message.size < key.size;
    case 'sequence':
      return inSet(key.set, mailbox.numberOf(message.uid), mailbox.uids.length);
    case 'uid':
      return inSet(key.set, message.uid, mailbox.uids.at(-1) ?? 0);
    case 'not':
      return !(await matches(key.of, candidate));
    case 'or':
      return (await matches(key.of[0], candidate)) || (await matches(key.of[1], candidate));
    case 'and':
      for (const part of key.of) if (!(await matches(part, candidate))) return false;
      return true;
    case 'date':
      return matchesDate(key, candidate);
    default:
      return matchesText(key, await candidate.open());
  }
}

/** A `*` is the highest number there is, on whichever side of a range it stands. */
const inSet = (set: SequenceSet, number: number, highest: number): boolean =>
  set.some(({ from, to }) => {
    const [a, b] = [from, to].map((end) => (Number.isFinite(end) ? end : highest)) as [number, number];
    return number >= Math.min(a, b) && number <= Math.max(a, b);
  });

async function matchesDate(key: Extract<SearchKey, { key: 'date' }>, candidate: Candidate): Promise<boolean> {
  const { receivedAt, savedAt } = candidate.message;
  const ms = key.field === 'received' ? receivedAt : key.field === 'saved' ? savedAt : await sentAt(candidate);
  if (ms === undefined) return false;
  const day = dayOf(ms);
  return key.compare === 'before' ? day < key.day : key.compare === 'on' ? day === key.day : day >= key.day;
}

/** RFC 3501 §6.4.4: the date of the Date field, its time and zone disregarded. */
async function sentAt(candidate: Candidate): Promise<number | undefined> {
  const opened = await candidate.open();
  const text = firstField(opened?.root.fields ?? [], 'date')?.replace(/[+-]\d{4}.*$/, '');
  return text === undefined ? undefined : parseMailDate(text);
}

function matchesText(
  key: Extract<SearchKey, { key: 'header' | 'body' | 'text' }>,
  opened: OpenedMessage | undefined,
): boolean {
  if (!opened) return false;
  const wanted = fold(Buffer.from(key.text, 'latin1').toString('utf8'));
  if (key.key === 'header') {
    const values = opened.root.fields.filter((field) => field.name === key.field);
    // RFC 3501 §6.4.4: an empty text matches every message that has the field.
    return values.some((field) => fold(decodeHeaderText(field.value)).includes(wanted));
  }
  return partMatches(opened, opened.root, wanted, key.key === 'text');
}

function partMatches(opened: OpenedMessage, part: Part, wanted: string, withHeader: boolean): boolean {
  if (
    withHeader &&
    part.fields.some((field) => fold(`${field.name}: ${decodeHeaderText(field.value)}`).includes(wanted))
  )
    return true;
  if (part.children.length > 0)
    return part.children.some((child) => partMatches(opened, child, wanted, withHeader || part.kind === 'message'));
  return part.contentType.value.startsWith('text/') && fold(textOf(opened.bytes, part)).includes(wanted);
}

const fold = (text: string): string => text.normalize('NFC').toLowerCase();
