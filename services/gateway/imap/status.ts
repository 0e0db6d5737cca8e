import { encodeString } from '../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import type { Folder } from '../../../shared/store/folders.ts';
import type { CommandHandler } from './commands.ts';
import { encodePath, requireFolder } from './folder-names.ts';

/** What STATUS may be asked for (RFC 3501 §6.3.10, RFC 8438), from the folder's counters: no message is touched. */
const ITEMS: Record<string, (folder: Folder) => number> = {
  MESSAGES: (folder) => folder.messages,
  RECENT: () => 0,
  UIDNEXT: (folder) => folder.uidNext,
  UIDVALIDITY: (folder) => folder.uidValidity,
  UNSEEN: (folder) => folder.unseen,
  SIZE: (folder) => folder.size,
};

export const status: CommandHandler = async (session, _tag, args) => {
  const name = args.astring();
  args.space();
  const items = args.list(() => args.atom().toUpperCase());
  args.end();
  const unknown = items.find((item) => !(item in ITEMS));
  if (unknown !== undefined || items.length === 0) throw new ImapSyntaxError('not a status item');
  const { folder, path } = await requireFolder(session.context.store, session.ref, name);
  session.respond(
    `* STATUS ${encodeString(encodePath(path))} (${items.map((item) => `${item} ${ITEMS[item]?.(folder)}`).join(' ')})`,
  );
};
