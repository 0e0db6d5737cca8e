import type { Arguments } from './arguments.ts';
import { parseDay } from './date-time.ts';
import { type PartialRange, parsePartialRange } from './partial-range.ts';
import { parseSequenceSet, type SequenceSet } from './sequence-set.ts';
import { ImapSyntaxError } from './syntax-error.ts';

/** A search key (RFC 3501 §6.4.4). Text is in the charset of the command, as latin1 characters. */
export type SearchKey =
  | { key: 'all' }
  | { key: 'flag'; flag: 'ANSWERED' | 'DELETED' | 'DRAFT' | 'FLAGGED' | 'SEEN'; set: boolean }
  | { key: 'recent'; set: boolean }
  | { key: 'keyword'; keyword: string; set: boolean }
  | { key: 'date'; field: 'received' | 'sent' | 'saved'; compare: 'before' | 'on' | 'since'; day: number }
  /** Received more or less than a number of seconds ago (RFC 5032). */
  | { key: 'age'; compare: 'older' | 'younger'; seconds: number }
  | { key: 'modseq'; least: number }
  /** Object ids (RFC 8474). */
  | { key: 'email-id' | 'thread-id'; id: string }
  /** The saved search result (RFC 5182). */
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

/** The result options of an extended search (RFC 4731, RFC 5182, RFC 9394), and whether it is updated (RFC 5267). */
export interface SearchResults {
  names: ReadonlySet<(typeof RESULTS)[number]>;
  /** The range of `PARTIAL`. */
  range: PartialRange | undefined;
}

export interface SearchRequest {
  /** Undefined: the response of RFC 3501. */
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

/** Parses the result options of an extended search or sort, and the space after them. */
export function parseResults(args: Arguments): SearchResults {
  let range: PartialRange | undefined;
  const names = args.list(() => {
    const word = args.atom().toUpperCase();
    const name = RESULTS.find((each) => each === word);
    if (!name) throw new ImapSyntaxError(`${word} is not a result option of a search`);
    if (name === 'PARTIAL') {
      args.space();
      range = parsePartialRange(args);
    }
    return name;
  });
  args.space();
  // RFC 9394 §3.1
  if (names.filter((name) => name === 'ALL' || name === 'PARTIAL').length > 1)
    throw new ImapSyntaxError('ALL and PARTIAL exclude each other');
  // RFC 4731 §3.1: without a result option, ALL is implied; UPDATE and CONTEXT (RFC 5267 §4.2) do not count as one.
  const none = names.every((name) => name === 'UPDATE' || name === 'CONTEXT');
  return { names: new Set(none ? [...names, 'ALL'] : names), range };
}

/** Parses `charset SP key *(SP key)`, the criteria of SORT and THREAD. */
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
  const parse = KEYS.get(word);
  if (!parse) throw new ImapSyntaxError(`${word} is not a search key`);
  return parse(args, depth);
}

/** Parses the arguments of a search key. */
type KeyParser = (args: Arguments, depth: number) => SearchKey;

function text(args: Arguments): string {
  args.space();
  return args.astring();
}

function number(args: Arguments): number {
  args.space();
  return args.number();
}

type SystemFlag = Extract<SearchKey, { key: 'flag' }>['flag'];
type DateKey = Extract<SearchKey, { key: 'date' }>;

const flagKeys = (flag: SystemFlag): [string, KeyParser][] => [
  [flag, () => ({ key: 'flag', flag, set: true })],
  [`UN${flag}`, () => ({ key: 'flag', flag, set: false })],
];

const dateKeys = (prefix: string, field: DateKey['field']): [string, KeyParser][] =>
  (['before', 'on', 'since'] as const).map((compare) => [
    `${prefix}${compare.toUpperCase()}`,
    (args) => ({ key: 'date', field, compare, day: parseDay(text(args)) }),
  ]);

const headerKey = (name: string): [string, KeyParser] => [
  name,
  (args) => ({ key: 'header', field: name.toLowerCase(), text: text(args) }),
];

function parseAge(args: Arguments, compare: 'older' | 'younger'): SearchKey {
  const seconds = number(args);
  // RFC 5032 §2: nz-number
  if (seconds === 0) throw new ImapSyntaxError('a number of seconds expected');
  return { key: 'age', compare, seconds };
}

function parseModseq(args: Arguments): SearchKey {
  args.space();
  // RFC 7162 §3.1.5: all metadata of a message has one mod-sequence here, whichever entry is named.
  if (args.isString()) {
    args.string();
    args.space();
    args.atom();
    args.space();
  }
  return { key: 'modseq', least: args.number() };
}

function parseUid(args: Arguments): SearchKey {
  args.space();
  // RFC 5182 §2.4: the saved result names the same messages by sequence number and by UID.
  if (args.skip('$')) return { key: 'saved' };
  return { key: 'uid', set: parseSequenceSet(args.sequenceSet()) };
}

function parseNested(args: Arguments, depth: number): SearchKey {
  args.space();
  return parseKey(args, depth + 1);
}

const KEYS: ReadonlyMap<string, KeyParser> = new Map<string, KeyParser>([
  ['ALL', () => ({ key: 'all' })],
  ...(['ANSWERED', 'DELETED', 'DRAFT', 'FLAGGED', 'SEEN'] as const).flatMap(flagKeys),
  ['RECENT', () => ({ key: 'recent', set: true })],
  ['OLD', () => ({ key: 'recent', set: false })],
  [
    'NEW',
    () => ({
      key: 'and',
      of: [
        { key: 'recent', set: true },
        { key: 'flag', flag: 'SEEN', set: false },
      ],
    }),
  ],
  ['KEYWORD', (args) => ({ key: 'keyword', keyword: text(args), set: true })],
  ['UNKEYWORD', (args) => ({ key: 'keyword', keyword: text(args), set: false })],
  ...dateKeys('', 'received'),
  ...dateKeys('SENT', 'sent'),
  // RFC 8514 §4: every mailbox has save dates.
  ...dateKeys('SAVED', 'saved'),
  ['SAVEDATESUPPORTED', () => ({ key: 'all' })],
  ['OLDER', (args) => parseAge(args, 'older')],
  ['YOUNGER', (args) => parseAge(args, 'younger')],
  ['EMAILID', (args) => ({ key: 'email-id', id: text(args) })],
  ['THREADID', (args) => ({ key: 'thread-id', id: text(args) })],
  ['MODSEQ', parseModseq],
  ['LARGER', (args) => ({ key: 'size', compare: 'larger', size: number(args) })],
  ['SMALLER', (args) => ({ key: 'size', compare: 'smaller', size: number(args) })],
  ...['BCC', 'CC', 'FROM', 'SUBJECT', 'TO'].map(headerKey),
  ['HEADER', (args) => ({ key: 'header', field: text(args).toLowerCase(), text: text(args) })],
  ['BODY', (args) => ({ key: 'body', text: text(args) })],
  ['TEXT', (args) => ({ key: 'text', text: text(args) })],
  ['UID', parseUid],
  ['NOT', (args, depth) => ({ key: 'not', of: parseNested(args, depth) })],
  ['OR', (args, depth) => ({ key: 'or', of: [parseNested(args, depth), parseNested(args, depth)] })],
]);
