import type { Uid } from '../../../shared/store/engine/ids.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import { deletedUids } from '../../../shared/store/messages/deleted-totals.ts';
import { expungeMessages } from '../../../shared/store/messages/expunge-messages.ts';
import { requireWritable } from './error-responses.ts';
import { requireRights } from './mailbox-tree.ts';
import type { ImapSession } from './session.ts';

/** Expunges the messages with \Deleted among some, or among all. The folder index has the flags, so the store is locked for these alone. */
export async function expungeDeleted({ context, mailbox }: ImapSession, uids?: readonly Uid[]): Promise<Uid[]> {
  if (!mailbox) return [];
  requireWritable(mailbox);
  requireRights(mailbox.entry, RIGHT.DELETE_ALL);
  await mailbox.index.refresh();
  const deleted = deletedUids(uids ? mailbox.index.statesOf(uids) : mailbox.index.all());
  return deleted.length > 0 ? expungeMessages(context.store, mailbox.ref, mailbox.folder, deleted) : [];
}
