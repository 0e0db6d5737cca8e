import type { Arguments } from './arguments.ts';
import { ImapSyntaxError } from './syntax-error.ts';

/** A page of a search result (RFC 9394 §3.1): positions from 1 on, or negative ones from the end. */
export interface PartialRange {
  from: number;
  to: number;
  /** As the client sent it. */
  text: string;
}

/** Parses `1:100` or `-1:-100`. */
export function parsePartialRange(args: Arguments): PartialRange {
  const text = args.atom();
  const match = /^(-?)([1-9]\d{0,9}):(-?)([1-9]\d{0,9})$/.exec(text);
  if (!match || match[1] !== match[3]) throw new ImapSyntaxError('a range expected');
  const [from, to] = [Number(match[2]), Number(match[4])].sort((a, b) => a - b) as [number, number];
  return match[1] === '-' ? { from: -from, to: -to, text } : { from, to, text };
}

/** The page of a list that a range names. */
export function partialOf<T>(items: readonly T[], { from, to }: PartialRange): T[] {
  return from > 0
    ? items.slice(from - 1, to)
    : items.slice(Math.max(items.length + to, 0), Math.max(items.length + from + 1, 0));
}
