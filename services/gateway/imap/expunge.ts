import { KopanoError } from '../../../shared/mapi/error.ts';
import { expungeMessages } from '../../../shared/store/expunge-messages.ts';
import { listFolders } from '../../../shared/store/folders.ts';
import type { Uid } from '../../../shared/store/ids.ts';
import type { CommandHandler } from './commands.ts';
import type { ImapSession } from './session.ts';

/** RFC 3501 §6.4.3; the EXPUNGE responses come with the sync that follows. */
export const expunge: CommandHandler = async (session, _tag, args) => {
  args.end();
  await expungeMarked(session, 'all');
  return highestModseq(session);
};

/** RFC 4315 §2.1: only those of the set; uids that are not there are passed over. */
export const uidExpunge: CommandHandler = async (session, _tag, args) => {
  const set = args.sequenceSet();
  args.end();
  await expungeMarked(session, session.mailbox?.select(set, true) ?? []);
  return highestModseq(session);
};

/** RFC 7162 §3.2.7: up to where the client knows everything once it has been told what follows. */
async function highestModseq(session: ImapSession): Promise<string | undefined> {
  if (!session.mailbox || !session.enabled.has('QRESYNC')) return undefined;
  const folders = await listFolders(session.context.store.db, session.ref);
  const folder = folders.find(({ id }) => id === session.mailbox?.folder);
  return folder && `HIGHESTMODSEQ ${folder.highestModseq}`;
}

async function expungeMarked(session: ImapSession, uids: readonly Uid[] | 'all'): Promise<void> {
  const { mailbox } = session;
  if (!mailbox) return;
  if (mailbox.readOnly) throw new KopanoError('NO_ACCESS', 'the mailbox was opened read-only');
  await expungeMessages(session.context.store, session.ref, mailbox.folder, uids);
}

/** RFC 3501 §6.4.2: expunges without a word, unless the mailbox is read-only. */
export const close: CommandHandler = async (session, _tag, args) => {
  args.end();
  if (session.mailbox && !session.mailbox.readOnly) await expungeMarked(session, 'all');
  session.mailbox = undefined;
};

/** RFC 3691: leaves the mailbox and expunges nothing. */
export const unselect: CommandHandler = (session, _tag, args) => {
  args.end();
  session.mailbox = undefined;
};

/** RFC 3501 §6.4.1: everything is durable already. */
export const check: CommandHandler = (_session, _tag, args) => args.end();
