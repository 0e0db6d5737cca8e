import { KopanoError } from '../../../shared/mapi/error.ts';
import { parseDateTime } from '../../../shared/protocol/imap/date-time.ts';
import { type FlagList, parseFlagList } from '../../../shared/protocol/imap/flag-names.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import { deliver } from '../../../shared/store/deliver.ts';
import { changeMarks, NO_MARKS } from '../../../shared/store/flags.ts';
import { newGuid } from '../../../shared/store/ids.ts';
import { prepareMessage } from '../../../shared/store/prepare-message.ts';
import type { CommandHandler } from './commands.ts';
import { targetFolder } from './copy.ts';

/** RFC 3501 §6.3.11; the message waits in a spool, never in memory. */
export const append: CommandHandler = async (session, tag, args, { message }) => {
  const name = args.astring();
  args.space();
  let flags: FlagList = { flags: 0, keywords: [] };
  if (args.peek() === '(') {
    flags = parseFlagList(args);
    args.space();
  }
  const receivedAt = args.isString() ? parseDateTime(args.string()) : undefined;
  if (receivedAt !== undefined) args.space();
  args.end();
  if (!message) throw new ImapSyntaxError('a message expected');
  const { store } = session.context;
  const { folder } = await targetFolder(session, name);
  const hardQuota = session.account?.hardQuota ?? 0;
  const prepared = await prepareMessage(store, message, message.finish(), receivedAt ?? store.clock());
  const target = { ...session.ref, folder: folder.id, id: newGuid(store.clock()), hardQuota };
  const [outcome] = await deliver(store, prepared, [target], { marks: changeMarks(NO_MARKS, 'set', flags) });
  if (outcome?.kind === 'store-full') throw new KopanoError('STORE_FULL', 'the mailbox is full');
  if (outcome?.kind === 'gone') throw new KopanoError('NOT_FOUND', 'no such mailbox');
  await session.tellChanges(true);
  // RFC 4315 §3
  const code = outcome?.kind === 'stored' ? `[APPENDUID ${folder.uidValidity} ${outcome.uid}] ` : '';
  session.respond(`${tag} OK ${code}APPEND done`);
};
