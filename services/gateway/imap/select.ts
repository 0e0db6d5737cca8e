import type { Arguments } from '../../../shared/protocol/imap/arguments.ts';
import { SYSTEM_FLAGS } from '../../../shared/protocol/imap/flag-names.ts';
import { parseSequenceSet, type SequenceSet, selectUids } from '../../../shared/protocol/imap/sequence-set.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import { FLAG } from '../../../shared/store/flags.ts';
import { RIGHT } from '../../../shared/store/rights.ts';
import type { CommandHandler } from './commands.ts';
import { listLine } from './list.ts';
import { type NamedFolder, requireFolder } from './mailbox-tree.ts';
import { mailboxId } from './object-ids.ts';
import { SelectedMailbox, stateLine } from './selected-mailbox.ts';
import type { ImapSession } from './session.ts';
import { tellVanished } from './vanished.ts';

/** What a client knows of a mailbox from before (RFC 7162 §3.2.5). */
interface Resync {
  uidValidity: number;
  modseq: number;
  known: SequenceSet | undefined;
}

function parseParameters(session: ImapSession, args: Arguments): Resync | undefined {
  if (!args.skip(' ')) return undefined;
  let resync: Resync | undefined;
  args.list(() => {
    if (args.skipWord('CONDSTORE')) session.enable('CONDSTORE');
    else if (args.skipWord('QRESYNC (')) {
      if (!session.enabled.has('QRESYNC')) throw new ImapSyntaxError('QRESYNC is enabled first');
      resync = parseResync(args);
    } else throw new ImapSyntaxError('CONDSTORE or QRESYNC expected');
  });
  return resync;
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
    const resync = parseParameters(session, args);
    args.end();
    // RFC 7162 §3.2.11 and RFC 9051 §7.1: what follows is of the new mailbox.
    if (session.mailbox && (session.enabled.has('QRESYNC') || session.rev2))
      session.respond('* OK [CLOSED] the previous mailbox is closed');
    // RFC 3501 §6.3.1: a SELECT that fails leaves no mailbox selected.
    session.mailbox = undefined;
    const entry = await requireFolder(session, name, RIGHT.READ);
    const { folder, rights } = entry;
    const readOnly = examine || (rights & WRITING) === 0;
    const index = await session.context.indexes.open(entry.tree.ref, folder.id, folder.highestModseq);
    const mailbox = new SelectedMailbox(entry, readOnly, index);
    auditAccess(session, entry);
    for (const line of describe(session, mailbox)) session.respond(line);
    session.mailbox = mailbox;
    if (resync && resync.uidValidity === folder.uidValidity) {
      await tellVanished(session, mailbox, resync.modseq, resync.known);
      const known = new Set(resync.known ? selectUids(resync.known, mailbox.uids) : mailbox.uids);
      for (const state of index.all()) {
        const number = mailbox.numberOf(state.uid);
        if (number === 0 || state.modseq <= resync.modseq || !known.has(state.uid)) continue;
        session.respond(stateLine(number, state, true));
        await session.respondInBatches();
      }
    }
    session.respond(`${tag} OK [READ-${readOnly ? 'ONLY' : 'WRITE'}] ${examine ? 'EXAMINE' : 'SELECT'} done`);
  };

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
  const keywords = [...mailbox.index.keywords];
  const flags = [...SYSTEM_FLAGS, ...keywords];
  const permanent = mailbox.readOnly ? [] : permanentFlags(mailbox.entry, keywords);
  const firstUnseen = mailbox.index.all().findIndex((state) => (state.flags & FLAG.SEEN) === 0);
  const uidNext = Math.max(folder.uidNext, (mailbox.uids.at(-1) ?? 0) + 1);
  return [
    `* FLAGS (${flags.join(' ')})`,
    `* OK [PERMANENTFLAGS (${permanent.join(' ')})] ${permanent.includes('\\*') ? 'new keywords are allowed' : 'what can be changed'}`,
    `* ${mailbox.uids.length} EXISTS`,
    // RFC 9051 appendix E: neither is of IMAP4rev2.
    ...(session.rev2 ? [] : ['* 0 RECENT']),
    ...(session.rev2 || firstUnseen < 0 ? [] : [`* OK [UNSEEN ${firstUnseen + 1}] first unseen`]),
    `* OK [UIDVALIDITY ${folder.uidValidity}] UIDs are valid`,
    `* OK [UIDNEXT ${uidNext}] next UID`,
    `* OK [HIGHESTMODSEQ ${Math.max(folder.highestModseq, 1)}] every change has its number`,
    `* OK [MAILBOXID (${mailboxId(folder)})] it stays when the name changes`,
    ...(session.rev2 ? [listLine(session, 'LIST', mailbox.entry.path, [])] : []),
  ];
}

/** RFC 4314 §4: what the session may change of what marks a message. */
function permanentFlags({ rights }: NamedFolder, keywords: readonly string[]): string[] {
  const may = (right: number) => (rights & right) !== 0;
  return [
    '\\Seen',
    ...(may(RIGHT.EDIT_ALL) ? ['\\Answered', '\\Flagged'] : []),
    ...(may(RIGHT.DELETE_ALL) ? ['\\Deleted'] : []),
    ...(may(RIGHT.EDIT_ALL) ? ['\\Draft', ...keywords, '\\*'] : []),
  ];
}
