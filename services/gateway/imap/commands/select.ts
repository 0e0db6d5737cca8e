import type { Arguments } from '../../../../shared/protocol/imap/arguments.ts';
import { parseSequenceSet, type SequenceSet, selectUids } from '../../../../shared/protocol/imap/sequence-set.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { FolderEntry } from '../../../../shared/store/folders/folder.ts';
import { RIGHT } from '../../../../shared/store/folders/rights.ts';
import { FLAG } from '../../../../shared/store/messages/flags.ts';
import type { FolderIndex } from '../../../../shared/store/messages/folder-index.ts';
import type { CommandHandler } from '../command.ts';
import { listLine } from '../list-response.ts';
import { flagLines } from '../mailbox-flags.ts';
import { requireFolder } from '../mailbox-tree.ts';
import type { NamedFolder } from '../named-folder.ts';
import { mailboxId } from '../object-ids.ts';
import { RecentMessages } from '../recent-messages.ts';
import { SelectedMailbox, stateLine } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';
import { sendVanished } from '../vanished-response.ts';

/** The state of the mailbox that a client knows from before (RFC 7162 §3.2.5). */
interface Resync {
  uidValidity: number;
  modseq: number;
  known: SequenceSet | undefined;
}

function parseParameters(session: ImapSession, args: Arguments): { condstore: boolean; resync: Resync | undefined } {
  let condstore = false;
  let resync: Resync | undefined;
  if (!args.skip(' ')) return { condstore, resync };
  args.list(() => {
    if (args.skipWord('CONDSTORE')) condstore = true;
    else if (args.skipWord('QRESYNC (')) {
      if (!session.extensions.has('QRESYNC')) throw new ImapSyntaxError('QRESYNC is enabled first');
      resync = parseResync(args);
    } else throw new ImapSyntaxError('CONDSTORE or QRESYNC expected');
  });
  return { condstore, resync };
}

function parseResync(args: Arguments): Resync {
  const uidValidity = args.number();
  args.space();
  const modseq = args.number();
  let known: SequenceSet | undefined;
  if (args.skip(' ') && args.peek() !== '(') {
    known = parseSequenceSet(args.sequenceSet());
    args.skip(' ');
  }
  // RFC 7162 §3.2.5.2: pairs of message numbers and uids. A server without a history finds expunged messages by them; this one does not need them.
  if (args.skip('(')) {
    args.sequenceSet();
    args.space();
    args.sequenceSet();
    args.expect(')');
  }
  args.expect(')');
  return { uidValidity, modseq, known };
}

/** SELECT and EXAMINE (RFC 3501 §6.3.1 and §6.3.2, RFC 9051 §6.3.2). */
export const selectCommand =
  (examine: boolean): CommandHandler =>
  async (session, args, { tag }) => {
    const name = args.astring();
    const { condstore, resync } = parseParameters(session, args);
    args.end();
    // RFC 7162 §3.2.11 and RFC 9051 §7.1: the responses that follow are of the new mailbox.
    if (session.mailbox) session.output.respond('* OK [CLOSED] the previous mailbox is closed');
    // RFC 3501 §6.3.1: a SELECT that fails leaves no mailbox selected.
    session.mailbox = undefined;
    if (condstore) session.enable('CONDSTORE');
    const entry = await requireFolder(session, name, RIGHT.READ);
    const { folder, rights } = entry;
    const readOnly = examine || (rights & WRITING) === 0;
    const index = await session.context.indexes.open(entry.tree.ref, folder.id, folder.highestModseq);
    const mailbox = new SelectedMailbox(entry, readOnly, index, recentOf(session, readOnly, folder, index));
    await mailbox.claimRecent();
    auditAccess(session, entry);
    for (const line of describe(session, mailbox)) session.output.respond(line);
    session.mailbox = mailbox;
    if (resync && resync.uidValidity === folder.uidValidity) {
      await sendVanished(session, mailbox, resync.modseq, resync.known);
      const known = new Set(resync.known ? selectUids(resync.known, mailbox.uids) : mailbox.uids);
      for (const state of index.all()) {
        if (mailbox.numberOf(state.uid) === 0 || state.modseq <= resync.modseq || !known.has(state.uid)) continue;
        session.output.respond(stateLine(mailbox, state, true));
        await session.output.flushIfFull();
      }
    }
    session.output.respond(`${tag} OK [READ-${readOnly ? 'ONLY' : 'WRITE'}] ${examine ? 'EXAMINE' : 'SELECT'} done`);
  };

/** RFC 3501 §6.3.2: a read-only session claims no \Recent flag. */
function recentOf(
  { extensions }: ImapSession,
  readOnly: boolean,
  { recentUid }: FolderEntry,
  index: FolderIndex,
): RecentMessages {
  if (extensions.rev2) return RecentMessages.none();
  return readOnly ? RecentMessages.after(recentUid ?? index.lastUid) : RecentMessages.claimedFrom(index.recent);
}

/** Writes access to another user's folder to the security log (manual 7.3). */
function auditAccess({ context, login }: ImapSession, { folder, tree }: NamedFolder): void {
  if (tree.prefix === '') return;
  context.log.info(
    { audit: true },
    `access allowed user='${login.requireAccount().login}' store='${tree.owner?.login ?? 'public'}' folder='${folder.id}' program='imap'`,
  );
}

/** A session without any of these rights opens the mailbox read-only. */
const WRITING = RIGHT.CREATE | RIGHT.EDIT_ALL | RIGHT.DELETE_ALL;

function describe(session: ImapSession, mailbox: SelectedMailbox): string[] {
  const { folder } = mailbox.entry;
  const firstUnseen = mailbox.index.all().findIndex((state) => (state.flags & FLAG.SEEN) === 0);
  const uidNext = Math.max(folder.uidNext, (mailbox.uids.at(-1) ?? 0) + 1);
  return [
    ...flagLines(mailbox),
    `* ${mailbox.uids.length} EXISTS`,
    // RFC 9051 appendix E: neither is of IMAP4rev2.
    ...(session.extensions.rev2 ? [] : [`* ${mailbox.recentCount} RECENT`]),
    ...(session.extensions.rev2 || firstUnseen < 0 ? [] : [`* OK [UNSEEN ${firstUnseen + 1}] first unseen`]),
    `* OK [UIDVALIDITY ${folder.uidValidity}] UIDs are valid`,
    `* OK [UIDNEXT ${uidNext}] next UID`,
    `* OK [HIGHESTMODSEQ ${mailbox.highestModseq}] modification sequences are in use`,
    `* OK [MAILBOXID (${mailboxId(folder)})] the id stays when the name changes`,
    ...(session.extensions.rev2 ? [listLine(session.extensions, 'LIST', mailbox.entry.path, [])] : []),
  ];
}
