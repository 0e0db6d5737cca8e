import type { Arguments } from './arguments.ts';
import { parseDay } from './date-time.ts';
import { type PartialRange, parsePartialRange } from './partial-range.ts';
import { parseSequenceSet, type SequenceSet } from './sequence-set.ts';
import { ImapSyntaxError } from './syntax-error.ts';

/** A search criterion (RFC 3501 §6.4.4). Text is in the charset of the command, still as latin1 characters. */
export type SearchKey =
  | { key: 'all' }
  | { key: 'flag'; flag: 'ANSWERED' | 'DELETED' | 'DRAFT' | 'FLAGGED' | 'SEEN'; set: boolean }
  | { key: 'recent'; set: boolean }
  | { key: 'keyword'; keyword: string; set: boolean }
  | { key: 'date'; field: 'received' | 'sent' | 'saved'; compare: 'before' | 'on' | 'since'; day: number }
  /** Received more or less than so many seconds ago (RFC 5032). */
  | { key: 'age'; compare: 'older' | 'younger'; seconds: number }
  | { key: 'modseq'; least: number }
  /** Object ids (RFC 8474). */
  | { key: 'email-id' | 'thread-id'; id: string }
  /** What the last search has saved (RFC 5182). */
  | { key: 'saved' }
  | { key: 'size'; compare: 'larger' | 'smaller'; size: number }
  | { key: 'header'; field: string; text: string }
  | { key: 'body' | 'text'; text: string }
  | { key: 'sequence' | 'uid'; set: SequenceSet }
  | { key: 'not'; of: SearchKey }
  | { key: 'or'; of: [SearchKey, SearchKey] }
  | { key: 'and'; of: SearchKey[] };

const MAX_DEPTH = 50;

const RESULTS = ['MIN', 'MAX', 'ALL', 'COUNT', 'SAVE', 'PARTIAL', 'UPDATE', 'CONTEXT'] as const;

/** What an extended search answers (RFC 4731, RFC 5182, RFC 9394), and whether it is kept up to date (RFC 5267). */
export interface SearchResults {
  names: ReadonlySet<(typeof RESULTS)[number]>;
  /** Of `PARTIAL`. */
  range: PartialRange | undefined;
}

export interface SearchRequest {
  /** Undefined: an answer of RFC 3501. */
  results: SearchResults | undefined;
  charset: string | undefined;
  key: SearchKey;
}

/** Parses `[RETURN (results)] [CHARSET name] key *(SP key)`. */
export function parseSearch(args: Arguments): SearchRequest {
  const results = args.skipWord('RETURN ') ? parseResults(args) : undefined;
  let charset: string | undefined;
  if (args.skipWord('CHARSET ')) {
    charset = args.astring();
    args.space();
  }
  return { results, charset, key: parseAll(args, 0, () => args.atEnd()) };
}

/** Parses the results that an extended search or sort asks for, with the space behind them. */
export function parseResults(args: Arguments): SearchResults {
  let range: PartialRange | undefined;
  const names = args.list(() => {
    const word = args.atom().toUpperCase();
    const name = RESULTS.find((each) => each === word);
    if (!name) throw new ImapSyntaxError(`${word} is no result of a search`);
    if (name === 'PARTIAL') {
      args.space();
      range = parsePartialRange(args);
    }
    return name;
  });
  args.space();
  // RFC 9394 §3.1
  if (names.filter((name) => name === 'ALL' || name === 'PARTIAL').length > 1)
    throw new ImapSyntaxError('all of it, or a part of it');
  // RFC 4731 §3.1: who asks for no result asks for all; that the search will be asked for again (RFC 5267 §4.2) is none.
  const none = names.every((name) => name === 'UPDATE' || name === 'CONTEXT');
  return { names: new Set(none ? [...names, 'ALL'] : names), range };
}

/** Parses `charset SP key *(SP key)`, as SORT and THREAD have it. */
export function parseCriteria(args: Arguments): { charset: string; key: SearchKey } {
  const charset = args.astring();
  args.space();
  return { charset, key: parseAll(args, 0, () => args.atEnd()) };
}

function parseAll(args: Arguments, depth: number, end: () => boolean): SearchKey {
  const of = [parseKey(args, depth)];
  while (!end()) {
    args.space();
    of.push(parseKey(args, depth));
  }
  return of.length === 1 && of[0] ? of[0] : { key: 'and', of };
}

function parseKey(args: Arguments, depth: number): SearchKey {
  if (depth > MAX_DEPTH) throw new ImapSyntaxError('the search is nested too deeply');
  if (args.skip('$')) return { key: 'saved' };
  if (args.skip('(')) return parseAll(args, depth + 1, () => args.skip(')'));
  if (/[\d*]/.test(args.peek())) return { key: 'sequence', set: parseSequenceSet(args.sequenceSet()) };
  const word = args.atom().toUpperCase();
  const text = () => {
    args.space();
    return args.astring();
  };
  switch (word) {
    case 'ALL':
      return { key: 'all' };
    case 'ANSWERED':
    case 'DELETED':
    case 'DRAFT':
    case 'FLAGGED':
    case 'SEEN':
      return { key: 'flag', flag: word, set: true };
    case 'UNANSWERED':
    case 'UNDELETED':
    case 'UNDRAFT':
    case 'UNFLAGGED':
    case 'UNSEEN':
      return { key: 'flag', flag: word.slice(2) as 'SEEN', set: false };
    case 'RECENT':
    case 'OLD':
      return { key: 'recent', set: word === 'RECENT' };
    case 'NEW':
      return {
        key: 'and',
        of: [
          { key: 'recent', set: true },
          { key: 'flag', flag: 'SEEN', set: false },
        ],
      };
    case 'KEYWORD':
    case 'UNKEYWORD':
      return { key: 'keyword', keyword: text(), set: word === 'KEYWORD' };
    case 'BEFORE':
    case 'ON':
    case 'SINCE':
      return { key: 'date', field: 'received', compare: word.toLowerCase() as 'on', day: parseDay(text()) };
    case 'SAVEDBEFORE':
    case 'SAVEDON':
    case 'SAVEDSINCE':
      return { key: 'date', field: 'saved', compare: word.slice(5).toLowerCase() as 'on', day: parseDay(text()) };
    case 'SAVEDATESUPPORTED':
      return { key: 'all' };
    case 'OLDER':
    case 'YOUNGER': {
      args.space();
      const seconds = args.number();
      if (seconds === 0) throw new ImapSyntaxError('a number of seconds expected');
      return { key: 'age', compare: word.toLowerCase() as 'older', seconds };
    }
    case 'EMAILID':
      return { key: 'email-id', id: text() };
    case 'THREADID':
      return { key: 'thread-id', id: text() };
    case 'MODSEQ': {
      args.space();
      // RFC 7162 §3.1.5: all metadata of a message has one number here, whichever entry is named.
      if (args.isString()) {
        args.string();
        args.space();
        args.atom();
        args.space();
      }
      return { key: 'modseq', least: args.number() };
    }
    case 'SENTBEFORE':
    case 'SENTON':
    case 'SENTSINCE':
      return { key: 'date', field: 'sent', compare: word.slice(4).toLowerCase() as 'on', day: parseDay(text()) };
    case 'LARGER':
    case 'SMALLER':
      args.space();
      return { key: 'size', compare: word.toLowerCase() as 'larger', size: args.number() };
    case 'BCC':
    case 'CC':
    case 'FROM':
    case 'SUBJECT':
    case 'TO':
      return { key: 'header', field: word.toLowerCase(), text: text() };
    case 'HEADER':
      return { key: 'header', field: text().toLowerCase(), text: text() };
    case 'BODY':
    case 'TEXT':
      return { key: word.toLowerCase() as 'body', text: text() };
    case 'UID':
      args.space();
      // RFC 5182 §2.4: what was saved is the same by uid.
      if (args.skip('$')) return { key: 'saved' };
      return { key: 'uid', set: parseSequenceSet(args.sequenceSet()) };
    case 'NOT':
      args.space();
      return { key: 'not', of: parseKey(args, depth + 1) };
    case 'OR': {
      args.space();
      const first = parseKey(args, depth + 1);
      args.space();
      return { key: 'or', of: [first, parseKey(args, depth + 1)] };
    }
    default:
      throw new ImapSyntaxError(`${word} is no search key`);
  }
}
