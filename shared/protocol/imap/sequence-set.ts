import { ImapSyntaxError } from './syntax-error.ts';

/** A sequence set (RFC 3501 §9): ranges of numbers, `*` as Infinity. */
export type SequenceSet = readonly { from: number; to: number }[];

export function parseSequenceSet(text: string): SequenceSet {
  return text.split(',').map((range) => {
    const match = /^(\d{1,10}|\*)(?::(\d{1,10}|\*))?$/.exec(range);
    const from = numberOf(match?.[1]);
    const to = match?.[2] === undefined ? from : numberOf(match[2]);
    // RFC 3501 §9: 4:2 is 2:4, and *:4 is 4:*.
    return from <= to ? { from, to } : { from: to, to: from };
  });
}

function numberOf(text: string | undefined): number {
  if (text === '*') return Number.POSITIVE_INFINITY;
  const number = Number(text ?? 0);
  if (number < 1 || number > 0xffffffff) throw new ImapSyntaxError('not a sequence set');
  return number;
}

/**
 * The members of `uids` (sorted) that are in a set of UIDs. `*` is the highest UID, so `559:*` always contains at least one
 * (RFC 3501 §6.4.8).
 */
export function selectUids<T extends number>(set: SequenceSet, uids: readonly T[]): T[] {
  const highest = uids.at(-1) ?? 0;
  return selectRanges(set, highest, (from, to) => [lowerBound(uids, from), lowerBound(uids, to + 1)]).flatMap(
    ([start, end]) => uids.slice(start, end),
  );
}

/** The members of `uids` (sorted) that are in a set of message sequence numbers. Throws ImapSyntaxError for a number beyond the last. */
export function selectNumbers<T extends number>(set: SequenceSet, uids: readonly T[]): T[] {
  const beyond = set.some(
    ({ from, to }) => (Number.isFinite(from) ? from : 1) > uids.length || (Number.isFinite(to) && to > uids.length),
  );
  if (beyond || uids.length === 0) throw new ImapSyntaxError('no message has that sequence number');
  return selectRanges(set, uids.length, (from, to) => [from - 1, to]).flatMap(([start, end]) => uids.slice(start, end));
}

/** Maps the ranges of a set to index ranges, ascending and without overlap. */
function selectRanges(
  set: SequenceSet,
  highest: number,
  indexes: (from: number, to: number) => [number, number],
): [number, number][] {
  const ranges = set
    .map(({ from, to }) => {
      const a = Number.isFinite(from) ? from : highest;
      const b = Number.isFinite(to) ? to : highest;
      return indexes(Math.min(a, b), Math.max(a, b));
    })
    .sort((x, y) => x[0] - y[0]);
  let last = 0;
  return ranges.flatMap(([start, end]): [number, number][] => {
    const from = Math.max(start, last);
    last = Math.max(last, end);
    return from < end ? [[from, end]] : [];
  });
}

/** The index of the first number that is not below `value`. */
export const lowerBound = (sorted: readonly number[], value: number): number =>
  lowerBoundBy(sorted, value, (number) => number);

/** The same for items that are sorted by one of their numbers. */
export function lowerBoundBy<T>(sorted: readonly T[], value: number, numberOf: (item: T) => number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numberOf(sorted[middle] as T) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
