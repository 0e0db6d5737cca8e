import { PamojaError } from '../../../../shared/mapi/error.ts';
import { textOf } from '../../../../shared/mime/body-text.ts';
import { decodeHeaderText } from '../../../../shared/mime/encoded-words.ts';
import { type HeaderField, parseHeaderFields } from '../../../../shared/mime/header-fields.ts';
import { isListed } from '../../../../shared/mime/listed-header.ts';
import type { Part } from '../../../../shared/mime/part.ts';
import { casemap } from '../../../../shared/protocol/imap/casemap.ts';
import { dayOf } from '../../../../shared/protocol/imap/date-time.ts';
import { searchableText, sentDay } from '../../../../shared/protocol/imap/search-fields.ts';
import type { SearchKey } from '../../../../shared/protocol/imap/search-keys.ts';
import type { SequenceSet } from '../../../../shared/protocol/imap/sequence-set.ts';
import { utf8Text } from '../../../../shared/protocol/imap/strings.ts';
import type { Uid } from '../../../../shared/store/engine/ids.ts';
import { FLAG } from '../../../../shared/store/messages/flags.ts';
import type { ListedMessage, MessageState } from '../../../../shared/store/messages/message-list.ts';
import {
  type ColumnReader,
  HEADER_COLUMNS,
  type HeaderColumn,
  type NumberColumn,
} from '../../../../shared/store/messages/search-column-cache.ts';
import { emailId, threadId } from '../object-ids.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';

export const asksModseq = (key: SearchKey): boolean => asks(key, 'modseq');

/** Whether a search has a criterion of that kind. */
export const asks = (key: SearchKey, what: SearchKey['key']): boolean => some(key, (each) => each.key === what);

/** Whether any criterion of a search satisfies a condition. */
export function some(key: SearchKey, like: (key: SearchKey) => boolean): boolean {
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

export interface OpenedMessage {
  bytes: Buffer;
  root: Part;
  /** The text of each part in the form that is compared, decoded once for all criteria. */
  texts: Map<Part, { header: string[]; body: string }>;
}

/** Criteria of one search that need the text of messages; each reads all of that text. */
const MAX_TEXT_KEYS = 100;

/** Throws TOO_COMPLEX for a search that would block the process for other sessions. */
export function requireModest(key: SearchKey): void {
  let texts = 0;
  some(key, (each) => {
    if (each.key === 'text' || each.key === 'body') texts++;
    return false;
  });
  if (texts > MAX_TEXT_KEYS) throw new PamojaError('TOO_COMPLEX', `a search looks for ${MAX_TEXT_KEYS} texts at most`);
}

export interface Candidate {
  state: MessageState;
  /** Undefined where no criterion needs it, and in the first pass, which uses the folder index alone. */
  row: ListedMessage | undefined;
  /** Undefined in the first pass, which uses the folder index alone. */
  columns: ColumnReader | undefined;
  mailbox: SelectedMailbox;
  /** Milliseconds since 1970 (UTC). */
  now: number;
  /** The result that the search before has saved (RFC 5182). */
  saved: ReadonlySet<Uid>;
  opened: OpenedMessage | undefined;
  /** The fields of the row's header, once it is parsed. */
  fields?: readonly HeaderField[];
}

/** Whether a message matches; undefined where that needs data that is not loaded yet. */
type Verdict = boolean | undefined;

const not = (verdict: Verdict): Verdict => (verdict === undefined ? undefined : !verdict);

/** Three-valued OR (`decides` true) and AND (false): a key with the value `decides` settles it, else an undefined one leaves it open. */
function combine(keys: readonly SearchKey[], candidate: Candidate, decides: boolean): Verdict {
  let verdict: Verdict = !decides;
  for (const key of keys) {
    const one = matchesKey(key, candidate);
    if (one === decides) return decides;
    if (one === undefined) verdict = undefined;
  }
  return verdict;
}

export function matchesKey(key: SearchKey, candidate: Candidate): Verdict {
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
      return not(matchesKey(key.of, candidate));
    case 'or':
      return combine(key.of, candidate, true);
    case 'and':
      return combine(key.of, candidate, false);
    case 'age': {
      const receivedAt = numberOf(candidate, 'receivedAt');
      return receivedAt === undefined
        ? undefined
        : candidate.now - receivedAt <= key.seconds * 1000 === (key.compare === 'younger');
    }
    case 'email-id':
      return row && emailId(row) === key.id;
    case 'thread-id':
      return row && threadId(row) === key.id;
    case 'size': {
      const size = numberOf(candidate, 'size');
      return size === undefined ? undefined : key.compare === 'larger' ? size > key.size : size < key.size;
    }
    case 'date':
      return matchesDate(key, candidate);
    case 'header':
      return matchesHeader(key, candidate);
    default:
      return opened && partMatches(opened, opened.root, wantedText(key), key.key === 'text');
  }
}

/** The text of a criterion in the form that is compared. */
function wantedText(key: { text: string }): string {
  const text = wantedTexts.get(key) ?? casemap(utf8Text(key.text));
  wantedTexts.set(key, text);
  return text;
}

const wantedTexts = new WeakMap<object, string>();

/** RFC 3501 §9: `*` is the highest number, on either side of a range. */
const inSet = (set: SequenceSet, number: number, highest: number): boolean =>
  set.some(({ from, to }) => {
    const [a, b] = [from, to].map((end) => (Number.isFinite(end) ? end : highest)) as [number, number];
    return number >= Math.min(a, b) && number <= Math.max(a, b);
  });

export const isColumn = (field: string): field is HeaderColumn => HEADER_COLUMNS.some((column) => column === field);

const numberOf = ({ state, columns }: Candidate, name: NumberColumn): number | undefined => {
  const value = columns?.(state.uid, name);
  return typeof value === 'number' ? value : undefined;
};

/** The header fields that are loaded; undefined where they may lack the field that is searched for. */
function fieldsOf(candidate: Candidate, field: string): readonly HeaderField[] | undefined {
  if (candidate.opened) return candidate.opened.root.fields;
  if (!candidate.row?.header || !isListed(field)) return undefined;
  candidate.fields ??= parseHeaderFields(candidate.row.header);
  return candidate.fields;
}

function matchesDate(key: Extract<SearchKey, { key: 'date' }>, candidate: Candidate): Verdict {
  const day = key.field === 'sent' ? sentDayOf(candidate) : dayOfNumber(candidate, key.field);
  // Null: the message has no valid date.
  if (day === undefined || day === null) return day === null ? false : undefined;
  return key.compare === 'before' ? day < key.day : key.compare === 'on' ? day === key.day : day >= key.day;
}

function sentDayOf({ state, columns, opened }: Candidate): number | null | undefined {
  if (opened) return sentDay(opened.root.fields) ?? null;
  const day = columns?.(state.uid, 'sentDay');
  return typeof day === 'string' ? undefined : day;
}

function dayOfNumber(candidate: Candidate, field: 'received' | 'saved'): number | undefined {
  const ms = numberOf(candidate, field === 'received' ? 'receivedAt' : 'savedAt');
  return ms === undefined ? undefined : dayOf(ms);
}

/** RFC 3501 §6.4.4: an empty text matches every message that has the field. */
function matchesHeader(key: Extract<SearchKey, { key: 'header' }>, candidate: Candidate): Verdict {
  const { state, columns } = candidate;
  const kept = isColumn(key.field) ? columns?.(state.uid, key.field) : undefined;
  if (kept === null) return false;
  if (typeof kept === 'string') return kept.includes(wantedText(key));
  const fields = fieldsOf(candidate, key.field);
  return fields && (searchableText(fields, key.field)?.includes(wantedText(key)) ?? false);
}

function partMatches(opened: OpenedMessage, part: Part, wanted: string, withHeader: boolean): boolean {
  const texts = textsOf(opened, part);
  if (withHeader && texts.header.some((field) => field.includes(wanted))) return true;
  if (part.children.length > 0)
    return part.children.some((child) => partMatches(opened, child, wanted, withHeader || part.kind === 'message'));
  return texts.body.includes(wanted);
}

function textsOf({ bytes, texts }: OpenedMessage, part: Part): { header: string[]; body: string } {
  const known = texts.get(part);
  if (known) return known;
  const isText = part.children.length === 0 && part.contentType.value.startsWith('text/');
  const made = {
    header: part.fields.map(({ name, value }) => casemap(`${name}: ${decodeHeaderText(value)}`)),
    body: isText ? casemap(textOf(bytes, part)) : '',
  };
  texts.set(part, made);
  return made;
}
