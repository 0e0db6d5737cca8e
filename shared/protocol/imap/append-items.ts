import type { Arguments } from './arguments.ts';
import { parseDateTime } from './date-time.ts';
import { type FlagList, parseFlagList } from './flag-names.ts';
import { ImapSyntaxError } from './syntax-error.ts';

/** A part of a CATENATE (RFC 4469): a literal of the command, or an IMAP URL. */
export type CatenatePart = { text: number } | { url: string };

/** A message of an APPEND: one literal, or the parts of a CATENATE. */
export interface AppendItem {
  flags: FlagList;
  /** Milliseconds since 1970 (UTC). */
  receivedAt: number | undefined;
  parts: CatenatePart[];
  /** Whether it was sent as a message with UTF-8 in its header (RFC 6855 §4). */
  utf8: boolean;
}

const MAX_PARTS = 500;

/** Parses `[flags SP] [date SP] data`, the arguments after the mailbox in APPEND and REPLACE. */
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
  if (parts.length === 0 || parts.length > MAX_PARTS) throw new ImapSyntaxError('parts of a message expected');
  return { flags, receivedAt, parts, utf8: false };
}

/** Parses one or more messages (RFC 3502). */
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
