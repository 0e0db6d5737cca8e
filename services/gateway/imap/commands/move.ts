import { RIGHT } from '../../../../shared/store/folders/rights.ts';
import type { Copied } from '../../../../shared/store/messages/copy-messages.ts';
import { expungeMessages } from '../../../../shared/store/messages/expunge-messages.ts';
import { moveMessages } from '../../../../shared/store/messages/move-messages.ts';
import type { CommandHandler } from '../command.ts';
import { type CopyRequest, copyTo, copyUid, parseCopy } from '../copied-messages.ts';
import { requireWritable } from '../error-responses.ts';
import { requireRights } from '../mailbox-tree.ts';
import type { ImapSession } from '../session.ts';
import { sendUpdates } from '../untagged-updates.ts';

/** MOVE and UID MOVE (RFC 6851). */
export const moveCommand =
  (byUid: boolean): CommandHandler =>
  async (session, args, { tag }) => {
    const request = await parseCopy(session, byUid, args);
    const { mailbox, target } = request;
    requireWritable(mailbox);
    requireRights(mailbox.entry, RIGHT.DELETE_ALL);
    const moved = await moveTo(session, request);
    // RFC 6851 §4.3: COPYUID goes out untagged, before the EXPUNGE responses.
    if (moved.length > 0) session.output.respond(`* OK ${copyUid(target, moved)}moved`);
    await sendUpdates(session, true);
    session.output.respond(`${tag} OK MOVE done`);
  };

/** A move between stores is a copy and then a deletion: a crash in between leaves both messages, never none. */
async function moveTo(session: ImapSession, request: CopyRequest): Promise<Copied[]> {
  const { mailbox, uids, target } = request;
  const { store } = session.context;
  if (target.tree.ref.store === mailbox.ref.store)
    return moveMessages(store, mailbox.ref, mailbox.folder, uids, target.folder.id);
  const copied = await copyTo(session, request);
  await expungeMessages(
    store,
    mailbox.ref,
    mailbox.folder,
    copied.map(({ from }) => from),
    false,
  );
  return copied;
}
