import { folderById } from '../../../../shared/store/folders/folder.ts';
import type { CommandHandler } from '../command.ts';
import { expungeDeleted } from '../expunge-deleted.ts';
import type { ImapSession } from '../session.ts';

/** RFC 3501 §6.4.3; the EXPUNGE responses come with the updates that follow. */
export const expungeCommand: CommandHandler = async (session, args) => {
  args.end();
  await expungeDeleted(session);
  return highestModseq(session);
};

/** RFC 4315 §2.1: only messages of the set; uids without a message are ignored. */
export const uidExpungeCommand: CommandHandler = async (session, args) => {
  const set = args.sequenceSet();
  args.end();
  await expungeDeleted(session, session.mailbox?.select(set, true) ?? []);
  return highestModseq(session);
};

/** RFC 7162 §3.2.7: the modseq up to which the client knows every change once it has the updates that follow. */
async function highestModseq({ context, extensions, mailbox }: ImapSession): Promise<string | undefined> {
  if (!mailbox || !extensions.has('QRESYNC')) return undefined;
  const folder = await folderById(context.store.db, mailbox.ref, mailbox.folder);
  return `HIGHESTMODSEQ ${folder.highestModseq}`;
}
