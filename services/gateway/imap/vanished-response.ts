import { type SequenceSet, selectUids } from '../../../shared/protocol/imap/sequence-set.ts';
import { encodeSequenceSet } from '../../../shared/protocol/imap/strings.ts';
import { vanishedSince } from '../../../shared/store/engine/changes.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';
import type { ImapSession } from './session.ts';

/**
 * Sends the uids of messages that have left a mailbox since a modseq, of a set of uids or of all (RFC 7162 §3.2.6). A message that is still
 * in the client's view is left out: its EXPUNGE, with its number, comes with the next command that may send it.
 */
export async function sendVanished(
  { context, output }: Pick<ImapSession, 'context' | 'output'>,
  mailbox: SelectedMailbox,
  since: number,
  uids: SequenceSet | undefined,
): Promise<void> {
  const { ref, folder } = mailbox;
  const left = await vanishedSince(context.store.db, ref, folder, since);
  const gone = left.filter((uid) => mailbox.numberOf(uid) === 0);
  const vanished = uids === undefined ? gone : selectUids(uids, gone);
  if (vanished.length > 0) output.respond(`* VANISHED (EARLIER) ${encodeSequenceSet(vanished)}`);
}
