import { partialOf } from '../../../../shared/protocol/imap/partial-range.ts';
import type { SearchResults } from '../../../../shared/protocol/imap/search-keys.ts';
import { encodeSequenceSet } from '../../../../shared/protocol/imap/strings.ts';
import type { Uid } from '../../../../shared/store/engine/ids.ts';
import type { MessageState } from '../../../../shared/store/messages/message-list.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';

/** A message that was found. */
export interface Found {
  uid: Uid;
  /** The uid, or the message number, as the client asks for it. */
  number: number;
  modseq: number;
}

export const foundMessage = (
  mailbox: SelectedMailbox,
  byUid: boolean,
  { uid, modseq }: Pick<MessageState, 'uid' | 'modseq'>,
): Found => ({
  uid,
  number: byUid ? uid : mailbox.numberOf(uid),
  modseq,
});

/** Saves a result for the commands that follow, where the client asks for that (RFC 5182). */
export function saveResults(mailbox: SelectedMailbox, results: SearchResults, found: readonly Found[]): void {
  if (results.names.has('SAVE')) mailbox.saved = new Set(savedOf(results, found).map(({ uid }) => uid));
}

/** The highest modseq of a result. */
export const highestModseq = (found: readonly Found[]): number =>
  found.reduce((most, { modseq }) => Math.max(most, modseq), 0);

/** RFC 5182 §2.4: with MIN or MAX alone, only these are saved. */
function savedOf({ names, range }: SearchResults, found: readonly Found[]): readonly Found[] {
  if (range) return partialOf(found, range);
  if (names.has('ALL') || names.has('COUNT') || !(names.has('MIN') || names.has('MAX'))) return found;
  return [...(names.has('MIN') ? found.slice(0, 1) : []), ...(names.has('MAX') ? found.slice(-1) : [])];
}

export interface EsearchResponse {
  /** The tag of the command. */
  tag: string;
  byUid: boolean;
  results: SearchResults;
  found: readonly Found[];
  /** Whether a criterion is a modseq (RFC 7162 §3.1.5). */
  byModseq: boolean;
  /** Whether `found` has an order of its own, of a sort (RFC 5267 §3). */
  inOrder: boolean;
}

/** The ESEARCH response (RFC 4731 §3.1). */
export function esearchLine({ tag, byUid, results, found, byModseq, inOrder }: EsearchResponse): string {
  const { names, range } = results;
  const numbers = found.map(({ number }) => number);
  const setOf = (list: readonly number[]) => (inOrder ? list.join(',') : encodeSequenceSet(list));
  const any = numbers.length > 0;
  // RFC 7162 §3.1.10: the highest modseq of the messages in the response: for MIN or MAX alone, of these.
  const returned = savedOf(results, found);
  return [
    `* ESEARCH (TAG "${tag}")${byUid ? ' UID' : ''}`,
    ...(names.has('MIN') && any ? [`MIN ${numbers[0]}`] : []),
    ...(names.has('MAX') && any ? [`MAX ${numbers.at(-1)}`] : []),
    ...(names.has('COUNT') ? [`COUNT ${numbers.length}`] : []),
    ...(names.has('ALL') && any ? [`ALL ${setOf(numbers)}`] : []),
    ...(range ? [`PARTIAL (${range.text} ${setOf(partialOf(numbers, range)) || 'NIL'})`] : []),
    ...(byModseq && any ? [`MODSEQ ${highestModseq(returned)}`] : []),
  ].join(' ');
}
