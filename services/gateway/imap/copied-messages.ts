import { PamojaError } from '../../../shared/mapi/error.ts';
import type { Arguments } from '../../../shared/protocol/imap/arguments.ts';
import { encodeSequenceSet } from '../../../shared/protocol/imap/strings.ts';
import type { Uid } from '../../../shared/store/engine/ids.ts';
import { type Copied, copyMessages } from '../../../shared/store/messages/copy-messages.ts';
import type { NamedFolder } from './named-folder.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';
import type { ImapSession } from './session.ts';
import { targetFolder } from './target-folder.ts';

// What COPY and MOVE have in common.

export interface CopyRequest {
  mailbox: SelectedMailbox;
  uids: Uid[];
  target: NamedFolder;
}

/** Parses `sequence-set SP mailbox`. */
export async function parseCopy(session: ImapSession, byUid: boolean, args: Arguments): Promise<CopyRequest> {
  const set = args.sequenceSet();
  args.space();
  const name = args.astring();
  args.end();
  const { mailbox } = session;
  if (!mailbox) throw new PamojaError('NOT_FOUND', 'no mailbox is selected');
  return { mailbox, uids: mailbox.select(set, byUid), target: await targetFolder(session, name) };
}

export function copyTo({ context }: ImapSession, { mailbox, uids, target }: CopyRequest): Promise<Copied[]> {
  const { folder, tree } = target;
  const to = { ref: tree.ref, folder: folder.id, hardQuota: tree.owner?.hardQuota ?? 0 };
  return copyMessages(context.store, mailbox.ref, mailbox.folder, uids, to);
}

/** The COPYUID response code (RFC 4315 §3); '' where nothing was copied. */
export function copyUid({ folder }: NamedFolder, copied: readonly Copied[]): string {
  if (copied.length === 0) return '';
  return `[COPYUID ${folder.uidValidity} ${encodeSequenceSet(copied.map(({ from }) => from))} ${encodeSequenceSet(copied.map(({ to }) => to))}] `;
}
