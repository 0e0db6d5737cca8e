import type { Arguments } from '../../../../shared/protocol/imap/arguments.ts';
import { parseSequenceSet, type SequenceSet, selectUids } from '../../../../shared/protocol/imap/sequence-set.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { Folder } from '../../../../shared/store/folders/folder.ts';
import { RIGHT } from '../../../../shared/store/folders/rights.ts';
import { FLAG } from '../../../../shared/store/messages/flags.ts';
import type { FolderIndex } from '../../../../shared/store/messages/folder-index.ts';
import type { CommandHandler } from '../command-table.ts';
import { flagLines } from '../mailbox-flags.ts';
import { type NamedFolder, requireFolder } from '../mailbox-tree.ts';
import { mailboxId } from '../object-ids.ts';
import { RecentMessages } from '../recent-messages.ts';
import { SelectedMailbox, stateLine } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';
import { tellVanished } from '../vanished-response.ts';
import { listLine } from './list.ts';

/** What a client knows of a mailbox from before (RFC 7162 §3.2.5). */
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
      if (!session.enabled.has('QRESYNC')) throw new ImapSyntaxError('QRESYNC is enabled first');
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
  // Which numbers had which uids: it would save telling of what went away long ago, which the change feed knows anyway.
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
export const select =
  (examine: boolean): CommandHandler =>
  async (session, tag, args) => {
    const name = args.astring();
    const { condstore, resync } = parseParameters(session, args);
    args.end();
    // RFC 7162 §3.2.11 and RFC 9051 §7.1: what follows is of the new mailbox.
    if (session.mailbox) session.respond('* OK [CLOSED] the previous mailbox is closed');
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
    for (const line of describe(session, mailbox)) session.respond(line);
    session.mailbox = mailbox;
    if (resync && resync.uidValidity === folder.uidValidity) {
      await tellVanished(session, mailbox, resync.modseq, resync.known);
      const known = new Set(resync.known ? selectUids(resync.known, mailbox.uids) : mailbox.uids);
      for (const state of index.all()) {
        if (mailbox.numberOf(state.uid) === 0 || state.modseq <= resync.modseq || !known.has(state.uid)) continue;
        session.respond(stateLine(mailbox, state, true));
        await session.respondInBatches();
      }
    }
    session.respond(`${tag} OK [READ-${readOnly ? 'ONLY' : 'WRITE'}] ${examine ? 'EXAMINE' : 'SELECT'} done`);
  };

/** RFC 3501 §6.3.2: who only reads takes the \Recent flag from nobody. */
function recentOf({ rev2 }: ImapSession, readOnly: boolean, { recentUid }: Folder, index: FolderIndex): RecentMessages {
  if (rev2) return RecentMessages.none();
  return readOnly ? RecentMessages.after(recentUid ?? index.lastUid) : RecentMessages.claimedFrom(index.recent);
}

/** Who opens a folder of somebody else is written down (manual 7.3). */
function auditAccess({ context, account }: ImapSession, { folder, tree }: NamedFolder): void {
  if (tree.prefix === '') return;
  context.log.info(
    { audit: true },
    `access allowed user='${account?.login}' store='${tree.owner?.login ?? 'public'}' folder='${folder.id}' program='imap'`,
  );
}

/** Rights without any of which nothing in a mailbox can be changed, but for what has been read. */
const WRITING = RIGHT.CREATE | RIGHT.EDIT_ALL | RIGHT.DELETE_ALL;

function describe(session: ImapSession, mailbox: SelectedMailbox): string[] {
  const { folder } = mailbox.entry;
  const firstUnseen = mailbox.index.all().findIndex((state) => (state.flags & FLAG.SEEN) === 0);
  const uidNext = Math.max(folder.uidNext, (mailbox.uids.at(-1) ?? 0) + 1);
  return [
    ...flagLines(mailbox),
    `* ${mailbox.uids.length} EXISTS`,
    // RFC 9051 appendix E: neither is of IMAP4rev2.
    ...(session.rev2 ? [] : [`* ${mailbox.recentCount} RECENT`]),
    ...(session.rev2 || firstUnseen < 0 ? [] : [`* OK [UNSEEN ${firstUnseen + 1}] first unseen`]),
    `* OK [UIDVALIDITY ${folder.uidValidity}] UIDs are valid`,
    `* OK [UIDNEXT ${uidNext}] next UID`,
    `* OK [HIGHESTMODSEQ ${mailbox.highestModseq}] every change has its number`,
    `* OK [MAILBOXID (${mailboxId(folder)})] it stays when the name changes`,
    ...(session.rev2 ? [listLine(session, 'LIST', mailbox.entry.path, [])] : []),
  ];
}
