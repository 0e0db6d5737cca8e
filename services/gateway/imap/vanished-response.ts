import { type SequenceSet, selectUids } from '../../../shared/protocol/imap/sequence-set.ts';
import { encodeSequenceSet } from '../../../shared/protocol/imap/strings.ts';
import { vanishedSince } from '../../../shared/store/engine/changes.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';
import type { ImapSession } from './session.ts';

/**
 * Tells which messages of a set of uids, or of all, have left a mailbox since a change (RFC 7162 §3.2.6). What is in the client's view
 * has not left it yet: its end is told with its number, by the next command that may.
 */
export async function tellVanished(
  session: ImapSession,
  mailbox: SelectedMailbox,
  since: number,
  uids: SequenceSet | undefined,
): Promise<void> {
  const { ref, folder } = mailbox;
  const left = await vanishedSince(session.context.store.db, ref, folder, since);
  const gone = left.filter((uid) => mailbox.numberOf(uid) === 0);
  const told = uids === undefined ? gone : selectUids(uids, gone);
  if (told.length > 0) session.respond(`* VANISHED (EARLIER) ${encodeSequenceSet(told)}`);
}
