import { PamojaError } from '../../../../shared/mapi/error.ts';
import { encodeSequenceSet } from '../../../../shared/protocol/imap/strings.ts';
import type { Uid } from '../../../../shared/store/engine/ids.ts';
import { RIGHT } from '../../../../shared/store/folders/rights.ts';
import { type Copied, copyMessages } from '../../../../shared/store/messages/copy-messages.ts';
import { expungeMessages } from '../../../../shared/store/messages/expunge-messages.ts';
import { moveMessages } from '../../../../shared/store/messages/move-messages.ts';
import type { CommandHandler } from '../command-table.ts';
import { requireWritable, TryCreate } from '../error-responses.ts';
import { type NamedFolder, requireFolder, requireRights } from '../mailbox-tree.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';

/** COPY and UID COPY (RFC 3501 §6.4.7). */
export const copy =
  (byUid: boolean): CommandHandler =>
  async (session, tag, args) => {
    const { uids, target, mailbox } = await parse(session, byUid, args);
    const copied = await copyTo(session, mailbox, uids, target);
    // RFC 3501 §7.4.1 lets COPY tell of expunged messages only by its UID form.
    await session.tellChanges(byUid);
    session.respond(`${tag} OK ${copyUid(target, copied)}COPY done`);
  };

/** MOVE and UID MOVE (RFC 6851). */
export const move =
  (byUid: boolean): CommandHandler =>
  async (session, tag, args) => {
    const { uids, target, mailbox } = await parse(session, byUid, args);
    requireWritable(mailbox);
    requireRights(mailbox.entry, RIGHT.DELETE_ALL);
    const moved = await moveTo(session, mailbox, uids, target);
    // RFC 6851 §4.3: COPYUID goes out untagged, before the EXPUNGE responses.
    if (moved.length > 0) session.respond(`* OK ${copyUid(target, moved)}moved`);
    await session.tellChanges(true);
    session.respond(`${tag} OK MOVE done`);
  };

const inOneStore = (mailbox: SelectedMailbox, { tree }: NamedFolder): boolean => tree.ref.store === mailbox.ref.store;

function copyTo(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uids: readonly Uid[],
  target: NamedFolder,
): Promise<Copied[]> {
  const { store } = session.context;
  const { folder, tree } = target;
  return copyMessages(store, mailbox.ref, mailbox.folder, uids, tree.ref, folder.id, tree.owner?.hardQuota ?? 0);
}

/** Between stores it is a copy and then a deletion: a kill in the middle leaves both, never none. */
async function moveTo(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uids: readonly Uid[],
  target: NamedFolder,
): Promise<Copied[]> {
  const { store } = session.context;
  if (inOneStore(mailbox, target)) return moveMessages(store, mailbox.ref, mailbox.folder, uids, target.folder.id);
  const copied = await copyTo(session, mailbox, uids, target);
  await expungeMessages(
    store,
    mailbox.ref,
    mailbox.folder,
    copied.map(({ from }) => from),
    false,
  );
  return copied;
}

async function parse(session: ImapSession, byUid: boolean, args: Parameters<CommandHandler>[2]) {
  const set = args.sequenceSet();
  args.space();
  const name = args.astring();
  args.end();
  const { mailbox } = session;
  if (!mailbox) throw new PamojaError('NOT_FOUND', 'no mailbox is selected');
  return { mailbox, uids: mailbox.select(set, byUid), target: await targetFolder(session, name) };
}

/** A mailbox that something is put into. RFC 3501 §6.4.7: one that is not there is answered with TRYCREATE. */
export async function targetFolder(session: ImapSession, name: string): Promise<NamedFolder> {
  try {
    return await requireFolder(session, name, RIGHT.CREATE);
  } catch (error) {
    if (PamojaError.is(error, 'NOT_FOUND')) throw new TryCreate(error);
    throw error;
  }
}

/** RFC 4315 §3 */
function copyUid({ folder }: NamedFolder, copied: readonly Copied[]): string {
  if (copied.length === 0) return '';
  return `[COPYUID ${folder.uidValidity} ${encodeSequenceSet(copied.map(({ from }) => from))} ${encodeSequenceSet(copied.map(({ to }) => to))}] `;
}
