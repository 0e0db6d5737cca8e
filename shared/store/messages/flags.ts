import { PamojaError } from '../../mapi/error.ts';

/** The IMAP system flags (RFC 3501 §2.3.2) as bits of `messages.flags`. */
export const FLAG = { SEEN: 1, ANSWERED: 2, FLAGGED: 4, DELETED: 8, DRAFT: 16 } as const;

/** The flags of a message: system flags as bits, and keywords. */
export interface MessageFlags {
  flags: number;
  /** Sorted, each once. */
  keywords: readonly string[];
}

export const NO_FLAGS: MessageFlags = { flags: 0, keywords: [] };

export type FlagChange = 'set' | 'add' | 'remove';

/** Gives the flags after a change (RFC 3501 §6.4.6). Keywords are compared without case. */
export function changeFlags(old: MessageFlags, how: FlagChange, change: MessageFlags): MessageFlags {
  if (how === 'set') return { flags: change.flags, keywords: sortedKeywords(change.keywords) };
  const named = new Set(change.keywords.map((keyword) => keyword.toLowerCase()));
  const others = old.keywords.filter((keyword) => !named.has(keyword.toLowerCase()));
  if (how === 'remove') return { flags: old.flags & ~change.flags, keywords: others };
  return { flags: old.flags | change.flags, keywords: sortedKeywords([...others, ...change.keywords]) };
}

export const sameFlags = (a: MessageFlags, b: MessageFlags): boolean =>
  a.flags === b.flags && a.keywords.join(' ') === b.keywords.join(' ');

const sortedKeywords = (keywords: readonly string[]): string[] =>
  [...new Map(keywords.map((keyword) => [keyword.toLowerCase(), keyword])).values()].sort();

/** Characters of all keywords of a message at most. */
const MAX_KEYWORDS = 2000;

/** Keywords as they are stored. Throws TOO_COMPLEX when a message cannot hold that many. */
export function encodeKeywords(keywords: readonly string[]): string {
  const text = keywords.join(' ');
  if (text.length > MAX_KEYWORDS) throw new PamojaError('TOO_COMPLEX', 'a message cannot hold so many keywords');
  return text;
}

/** Most messages have no keywords: they share one list. */
const NONE: readonly string[] = Object.freeze([]);

export const decodeKeywords = (text: string): readonly string[] => (text === '' ? NONE : text.split(' '));
