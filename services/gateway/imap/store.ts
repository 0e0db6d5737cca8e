import { KopanoError } from '../../../shared/mapi/error.ts';
import { encodeFlags, parseFlagList } from '../../../shared/protocol/imap/flag-names.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import type { MarkChange } from '../../../shared/store/flags.ts';
import { markMessages } from '../../../shared/store/mark-messages.ts';
import type { CommandHandler } from './commands.ts';

const CHANGES: Record<string, MarkChange> = { '+': 'add', '-': 'remove', '': 'set' };

/** STORE and UID STORE (RFC 3501 §6.4.6). */
export const store =
  (byUid: boolean): CommandHandler =>
  async (session, _tag, args) => {
    const set = args.sequenceSet();
    args.space();
    const sign = args.skip('+') ? '+' : args.skip('-') ? '-' : '';
    if (!args.skipWord('FLAGS')) throw new ImapSyntaxError('FLAGS expected');
    const silent = args.skipWord('.SILENT');
    args.space();
    const change = parseFlagList(args);
    args.end();
    const { mailbox } = session;
    if (!mailbox) return;
    if (mailbox.readOnly) throw new KopanoError('NO_ACCESS', 'the mailbox was opened read-only');
    const uids = mailbox.select(set, byUid);
    const states = await markMessages(
      session.context.store,
      session.ref,
      mailbox.folder,
      uids,
      CHANGES[sign] ?? 'set',
      change,
    );
    mailbox.noteTold(states);
    if (silent) return;
    for (const state of states) {
      const uid = byUid ? `UID ${state.uid} ` : '';
      session.respond(
        `* ${mailbox.numberOf(state.uid)} FETCH (${uid}FLAGS ${encodeFlags(state.flags, state.keywords)})`,
      );
      await session.respondInBatches();
    }
  };
