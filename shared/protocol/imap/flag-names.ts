import type { Arguments } from './arguments.ts';
import { ImapSyntaxError } from './syntax-error.ts';

/** The system flags that a client may change, in the order of their bits. */
export const SYSTEM_FLAGS = ['\\Seen', '\\Answered', '\\Flagged', '\\Deleted', '\\Draft'] as const;

/** Flags that a client sends: system flags as bits by index of {@link SYSTEM_FLAGS}, and keywords. */
export interface FlagList {
  flags: number;
  keywords: string[];
}

const MAX_KEYWORD = 100;
const MAX_KEYWORDS = 50;

/** Parses `(\Seen keyword)` or, for STORE, the same without parentheses. */
export function parseFlagList(args: Arguments): FlagList {
  const names = args.peek() === '(' ? args.list(() => parseFlag(args)) : parseBareFlags(args);
  const list: FlagList = { flags: 0, keywords: [] };
  for (const name of names) {
    const bit = SYSTEM_FLAGS.findIndex((flag) => flag.toLowerCase() === name.toLowerCase());
    if (bit >= 0) list.flags |= 1 << bit;
    else if (!name.startsWith('\\')) list.keywords.push(name);
    // RFC 3501 §2.3.2: a client cannot change \Recent; other names with a backslash are unknown.
    else if (name.toLowerCase() !== '\\recent') throw new ImapSyntaxError(`${name} is not a flag`);
  }
  if (list.keywords.length > MAX_KEYWORDS || list.keywords.some((keyword) => keyword.length > MAX_KEYWORD))
    throw new ImapSyntaxError('too many or too long keywords');
  return list;
}

function parseBareFlags(args: Arguments): string[] {
  const names = [parseFlag(args)];
  while (args.skip(' ')) names.push(parseFlag(args));
  return names;
}

const parseFlag = (args: Arguments): string => (args.skip('\\') ? `\\${args.atom()}` : args.atom());

/** \Recent, which no client can change (RFC 3501 §2.3.2); its bit follows those of the other flags. */
const RECENT = 1 << SYSTEM_FLAGS.length;

const SYSTEM_ONLY = Array.from({ length: 2 * RECENT }, (_, flags) =>
  [...SYSTEM_FLAGS, '\\Recent'].filter((_, bit) => flags & (1 << bit)).join(' '),
);

/** Flags in the format of FETCH. */
export function encodeFlags(flags: number, keywords: readonly string[], recent = false): string {
  const system = SYSTEM_ONLY[(flags & (RECENT - 1)) | (recent ? RECENT : 0)] ?? '';
  if (keywords.length === 0) return `(${system})`;
  return `(${system}${system && ' '}${keywords.join(' ')})`;
}
