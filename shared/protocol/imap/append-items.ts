import type { Arguments } from './arguments.ts';
import { parseDateTime } from './date-time.ts';
import { type FlagList, parseFlagList } from './flag-names.ts';
import { ImapSyntaxError } from './syntax-error.ts';

/** A piece of a message that is put together (RFC 4469): a text of the command, or what an IMAP URL names. */
export type CatenatePart = { text: number } | { url: string };

/** A message of an APPEND: one literal, or several pieces. */
export interface AppendItem {
  flags: FlagList;
  /** Milliseconds since 1970 (UTC). */
  receivedAt: number | undefined;
  parts: CatenatePart[];
  /** It was sent as one with UTF-8 in its header (RFC 6855 §4). */
  utf8: boolean;
}

const MAX_PARTS = 500;

/** Parses `[flags SP] [date SP] data`, what follows the mailbox in APPEND, and in REPLACE. */
export function parseAppendItem(args: Arguments): AppendItem {
  let flags: FlagList = { flags: 0, keywords: [] };
  if (args.peek() === '(') {
    flags = parseFlagList(args);
    args.space();
  }
  const receivedAt = args.peek() === '"' ? parseDateTime(args.string()) : undefined;
  if (receivedAt !== undefined) args.space();
  if (args.skipWord('UTF8 (')) {
    const text = args.spooled();
    args.expect(')');
    return { flags, receivedAt, parts: [{ text }], utf8: true };
  }
  if (!args.skipWord('CATENATE ')) return { flags, receivedAt, parts: [{ text: args.spooled() }], utf8: false };
  const parts = args.list(() => parsePart(args));
  if (parts.length === 0 || parts.length > MAX_PARTS) throw new ImapSyntaxError('some parts of a message expected');
  return { flags, receivedAt, parts, utf8: false };
}

/** Parses one message or more (RFC 3502). */
export function parseAppendItems(args: Arguments): AppendItem[] {
  const items = [parseAppendItem(args)];
  while (args.skip(' ')) items.push(parseAppendItem(args));
  return items;
}

function parsePart(args: Arguments): CatenatePart {
  if (args.skipWord('TEXT ')) return { text: args.spooled() };
  if (args.skipWord('URL ')) return { url: args.astring() };
  throw new ImapSyntaxError('TEXT or URL expected');
}
