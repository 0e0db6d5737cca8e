import { type SequenceSet, selectUids } from '../../../shared/protocol/imap/sequence-set.ts';
import { encodeSequenceSet } from '../../../shared/protocol/imap/strings.ts';
import { vanishedSince } from '../../../shared/store/changes.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';
import type { ImapSession } from './session.ts';

/** Tells which messages of a set of uids, or of all, have left a mailbox since a change (RFC 7162 §3.2.6). */
export async function tellVanished(
  session: ImapSession,
  { ref, folder }: SelectedMailbox,
  since: number,
  uids: SequenceSet | undefined,
): Promise<void> {
  const gone = await vanishedSince(session.context.store.db, ref, folder, since);
  const told = uids === undefined ? gone : selectUids(uids, gone);
  if (told.length > 0) session.respond(`* VANISHED (EARLIER) ${encodeSequenceSet(told)}`);
}
