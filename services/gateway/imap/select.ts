import type { Arguments } from '../../../shared/protocol/imap/arguments.ts';
import { SYSTEM_FLAGS } from '../../../shared/protocol/imap/flag-names.ts';
import { parseSequenceSet, type SequenceSet, selectUids } from '../../../shared/protocol/imap/sequence-set.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import { FLAG } from '../../../shared/store/flags.ts';
import type { CommandHandler } from './commands.ts';
import { requireFolder } from './folder-names.ts';
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

/** SELECT and EXAMINE (RFC 3501 §6.3.1 and §6.3.2). */
export const select =
  (readOnly: boolean): CommandHandler =>
  async (session, tag, args) => {
    const name = args.astring();
    const resync = parseParameters(session, args);
    args.end();
    // RFC 7162 §3.2.11: what follows is of the new mailbox.
    if (session.mailbox && session.enabled.has('QRESYNC'))
      session.respond('* OK [CLOSED] the previous mailbox is closed');
    // RFC 3501 §6.3.1: a SELECT that fails leaves no mailbox selected.
    session.mailbox = undefined;
    const { folder } = await requireFolder(session.context.store, session.ref, name);
    const { mailbox, states } = await SelectedMailbox.open(
      session.context.store,
      session.ref,
      folder.id,
      readOnly,
      folder.highestModseq,
    );
    const keywords = [...new Set(states.flatMap((state) => state.keywords))];
    const flags = [...SYSTEM_FLAGS, ...keywords].join(' ');
    const firstUnseen = states.findIndex((state) => (state.flags & FLAG.SEEN) === 0);
    const uidNext = Math.max(folder.uidNext, (mailbox.uids.at(-1) ?? 0) + 1);
    session.respond(`* FLAGS (${flags})`);
    session.respond(
      `* OK [PERMANENTFLAGS (${readOnly ? '' : `${flags} \\*`})] ${readOnly ? 'none can be changed' : 'new keywords are allowed'}`,
    );
    session.respond(`* ${mailbox.uids.length} EXISTS`);
    session.respond('* 0 RECENT');
    if (firstUnseen >= 0) session.respond(`* OK [UNSEEN ${firstUnseen + 1}] first unseen`);
    session.respond(`* OK [UIDVALIDITY ${folder.uidValidity}] UIDs are valid`);
    session.respond(`* OK [UIDNEXT ${uidNext}] next UID`);
    session.respond(`* OK [HIGHESTMODSEQ ${Math.max(folder.highestModseq, 1)}] every change has its number`);
    session.respond(`* OK [MAILBOXID (${mailboxId(folder)})] it stays when the name changes`);
    session.mailbox = mailbox;
    if (resync && resync.uidValidity === folder.uidValidity) {
      await tellVanished(session, folder.id, resync.modseq, resync.known);
      const known = new Set(resync.known ? selectUids(resync.known, mailbox.uids) : mailbox.uids);
      for (const [i, state] of states.entries()) {
        if (state.modseq <= resync.modseq || !known.has(state.uid)) continue;
        session.respond(stateLine(i + 1, state, true));
        await session.respondInBatches();
      }
    }
    session.respond(`${tag} OK [READ-${readOnly ? 'ONLY' : 'WRITE'}] ${readOnly ? 'EXAMINE' : 'SELECT'} done`);
  };
