import { SYSTEM_FLAGS } from '../../../shared/protocol/imap/flag-names.ts';
import { FLAG } from '../../../shared/store/flags.ts';
import type { CommandHandler } from './commands.ts';
import { requireFolder } from './folder-names.ts';
import { SelectedMailbox } from './selected-mailbox.ts';

/** SELECT and EXAMINE (RFC 3501 §6.3.1 and §6.3.2). */
export const select =
  (readOnly: boolean): CommandHandler =>
  async (session, tag, args) => {
    const name = args.astring();
    args.end();
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
    session.mailbox = mailbox;
    session.respond(`${tag} OK [READ-${readOnly ? 'ONLY' : 'WRITE'}] ${readOnly ? 'EXAMINE' : 'SELECT'} done`);
  };
