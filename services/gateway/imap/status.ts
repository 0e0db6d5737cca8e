import type { Arguments } from '../../../shared/protocol/imap/arguments.ts';
import { encodeString } from '../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import { deletedTotals } from '../../../shared/store/deleted-totals.ts';
import type { Folder } from '../../../shared/store/folders.ts';
import type { CommandHandler } from './commands.ts';
import { encodePath, requireFolder } from './folder-names.ts';
import { mailboxId } from './object-ids.ts';
import type { ImapSession } from './session.ts';

/** What STATUS may be asked for (RFC 3501 §6.3.10, RFC 7162, RFC 8438, RFC 9208), nearly all of it from the folder's counters. */
const ITEMS: Record<string, (folder: Folder, session: ImapSession) => number | string | Promise<number>> = {
  MESSAGES: (folder) => folder.messages,
  RECENT: () => 0,
  UIDNEXT: (folder) => folder.uidNext,
  UIDVALIDITY: (folder) => folder.uidValidity,
  UNSEEN: (folder) => folder.unseen,
  SIZE: (folder) => folder.size,
  HIGHESTMODSEQ: (folder) => Math.max(folder.highestModseq, 1),
  MAILBOXID: (folder) => `(${mailboxId(folder)})`,
  DELETED: async ({ id }, { context, ref }) => (await deletedTotals(context.store.db, ref, id)).messages,
  'DELETED-STORAGE': async ({ id }, { context, ref }) => (await deletedTotals(context.store.db, ref, id)).size,
};

/** Parses `(item *(SP item))`. */
export function parseStatusItems(args: Arguments): string[] {
  const items = args.list(() => args.atom().toUpperCase());
  if (items.length === 0 || items.some((item) => !(item in ITEMS))) throw new ImapSyntaxError('not a status item');
  return items;
}

export async function statusLine(
  session: ImapSession,
  path: string,
  folder: Folder,
  items: readonly string[],
): Promise<string> {
  if (items.includes('HIGHESTMODSEQ')) session.enable('CONDSTORE');
  const values: string[] = [];
  for (const item of items) values.push(`${item} ${await ITEMS[item]?.(folder, session)}`);
  return `* STATUS ${encodeString(encodePath(path))} (${values.join(' ')})`;
}

export const status: CommandHandler = async (session, _tag, args) => {
  const name = args.astring();
  args.space();
  const items = parseStatusItems(args);
  args.end();
  const { folder, path } = await requireFolder(session.context.store, session.ref, name);
  session.respond(await statusLine(session, path, folder, items));
};
