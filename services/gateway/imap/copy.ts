import { KopanoError } from '../../../shared/mapi/error.ts';
import { encodeSequenceSet } from '../../../shared/protocol/imap/strings.ts';
import { type Copied, copyMessages } from '../../../shared/store/copy-messages.ts';
import { moveMessages } from '../../../shared/store/move-messages.ts';
import type { CommandHandler } from './commands.ts';
import { type NamedFolder, requireFolder } from './folder-names.ts';
import { TryCreate } from './responses.ts';
import type { ImapSession } from './session.ts';

/** COPY and UID COPY (RFC 3501 §6.4.7). */
export const copy =
  (byUid: boolean): CommandHandler =>
  async (session, tag, args) => {
    const { uids, target } = await parse(session, byUid, args);
    const copied = await copyMessages(
      session.context.store,
      session.ref,
      session.mailbox?.folder ?? target.folder.id,
      uids,
      target.folder.id,
      session.account?.hardQuota ?? 0,
    );
    // RFC 3501 §7.4.1 lets COPY tell of expunged messages only by its UID form.
    await session.tellChanges(byUid);
    session.respond(`${tag} OK ${copyUid(target, copied)}COPY done`);
  };

/** MOVE and UID MOVE (RFC 6851). */
export const move =
  (byUid: boolean): CommandHandler =>
  async (session, tag, args) => {
    const { uids, target } = await parse(session, byUid, args);
    if (session.mailbox?.readOnly) throw new KopanoError('NO_ACCESS', 'the mailbox was opened read-only');
    const moved = await moveMessages(
      session.context.store,
      session.ref,
      session.mailbox?.folder ?? target.folder.id,
      uids,
      target.folder.id,
    );
    // RFC 6851 §4.3: COPYUID goes out untagged, before the EXPUNGE responses.
    if (moved.length > 0) session.respond(`* OK ${copyUid(target, moved)}moved`);
    await session.tellChanges(true);
    session.respond(`${tag} OK MOVE done`);
  };

async function parse(session: ImapSession, byUid: boolean, args: Parameters<CommandHandler>[2]) {
  const set = args.sequenceSet();
  args.space();
  const name = args.astring();
  args.end();
  const uids = session.mailbox?.select(set, byUid) ?? [];
  return { uids, target: await targetFolder(session, name) };
}

/** RFC 3501 §6.4.7: a target that is not there is answered with TRYCREATE. */
export async function targetFolder(session: ImapSession, name: string): Promise<NamedFolder> {
  try {
    return await requireFolder(session.context.store, session.ref, name);
  } catch (error) {
    if (KopanoError.is(error, 'NOT_FOUND')) throw new TryCreate(error);
    throw error;
  }
}

/** RFC 4315 §3 */
function copyUid({ folder }: NamedFolder, copied: readonly Copied[]): string {
  if (copied.length === 0) return '';
  return `[COPYUID ${folder.uidValidity} ${encodeSequenceSet(copied.map(({ from }) => from))} ${encodeSequenceSet(copied.map(({ to }) => to))}] `;
}
