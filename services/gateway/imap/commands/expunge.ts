import type { Uid } from '../../../../shared/store/engine/ids.ts';
import { folderById } from '../../../../shared/store/folders/folder.ts';
import { RIGHT } from '../../../../shared/store/folders/rights.ts';
import { deletedUids } from '../../../../shared/store/messages/deleted-totals.ts';
import { expungeMessages } from '../../../../shared/store/messages/expunge-messages.ts';
import type { CommandHandler } from '../command-table.ts';
import { requireWritable } from '../error-responses.ts';
import { requireRights } from '../mailbox-tree.ts';
import type { ImapSession } from '../session.ts';

/** RFC 3501 §6.4.3; the EXPUNGE responses come with the sync that follows. */
export const expunge: CommandHandler = async (session, _tag, args) => {
  args.end();
  await expungeMarked(session);
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
async function highestModseq({ context, enabled, mailbox }: ImapSession): Promise<string | undefined> {
  if (!mailbox || !enabled.has('QRESYNC')) return undefined;
  const folder = await folderById(context.store.db, mailbox.ref, mailbox.folder);
  return `HIGHESTMODSEQ ${folder.highestModseq}`;
}

/** Those of the given messages, or of all, that carry \Deleted. The folder index says which: the store's lock is held for them alone. */
async function expungeMarked(session: ImapSession, uids?: readonly Uid[]): Promise<Uid[]> {
  const { mailbox } = session;
  if (!mailbox) return [];
  requireWritable(mailbox);
  requireRights(mailbox.entry, RIGHT.DELETE_ALL);
  await mailbox.index.refresh();
  const marked = deletedUids(uids ? mailbox.index.statesOf(uids) : mailbox.index.all());
  return marked.length > 0 ? expungeMessages(session.context.store, mailbox.ref, mailbox.folder, marked) : [];
}

/**
 * RFC 3501 §6.4.2: expunges without a word, unless the mailbox is read-only or the right is missing (RFC 4314 §4). RFC 7162 §3.2.8: the
 * client learns up to where it knows everything, which is not what others have done meanwhile.
 */
export const close: CommandHandler = async (session, _tag, args) => {
  args.end();
  const { mailbox } = session;
  if (!mailbox) return undefined;
  const expunges = !mailbox.readOnly && (mailbox.entry.rights & RIGHT.DELETE_ALL) !== 0;
  const expunged = expunges ? await expungeMarked(session) : [];
  const known = session.enabled.has('QRESYNC') ? await mailbox.highestModseqWithout(expunged) : undefined;
  session.mailbox = undefined;
  return known === undefined ? undefined : `HIGHESTMODSEQ ${known}`;
};

/** RFC 3691: leaves the mailbox and expunges nothing. */
export const unselect: CommandHandler = (session, _tag, args) => {
  args.end();
  session.mailbox = undefined;
};

/** RFC 3501 §6.4.1: everything is durable already. */
export const check: CommandHandler = (_session, _tag, args) => args.end();
