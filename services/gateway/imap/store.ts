import { KopanoError } from '../../../shared/mapi/error.ts';
import { encodeFlags, parseFlagList } from '../../../shared/protocol/imap/flag-names.ts';
import { encodeSequenceSet } from '../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import type { MarkChange } from '../../../shared/store/flags.ts';
import { type MarkCondition, markMessages } from '../../../shared/store/mark-messages.ts';
import type { CommandHandler } from './commands.ts';

const CHANGES: Record<string, MarkChange> = { '+': 'add', '-': 'remove', '': 'set' };

/** STORE and UID STORE (RFC 3501 §6.4.6), on a condition (RFC 7162 §3.1.3). */
export const store =
  (byUid: boolean): CommandHandler =>
  async (session, _tag, args) => {
    const set = args.sequenceSet();
    args.space();
    let condition: MarkCondition | undefined;
    if (args.skip('(')) {
      if (!args.skipWord('UNCHANGEDSINCE ')) throw new ImapSyntaxError('UNCHANGEDSINCE expected');
      condition = { unchangedSince: args.number(), modified: [] };
      args.expect(')');
      args.space();
      session.enable('CONDSTORE');
    }
    const sign = args.skip('+') ? '+' : args.skip('-') ? '-' : '';
    if (!args.skipWord('FLAGS')) throw new ImapSyntaxError('FLAGS expected');
    const silent = args.skipWord('.SILENT');
    args.space();
    const change = parseFlagList(args);
    args.end();
    const { mailbox } = session;
    if (!mailbox) return undefined;
    if (mailbox.readOnly) throw new KopanoError('NO_ACCESS', 'the mailbox was opened read-only');
    const uids = mailbox.select(set, byUid);
    const states = await markMessages(
      session.context.store,
      session.ref,
      mailbox.folder,
      uids,
      CHANGES[sign] ?? 'set',
      change,
      condition,
    );
    mailbox.noteTold(states);
    const modseq = session.enabled.has('CONDSTORE');
    for (const state of states) {
      // RFC 7162 §3.1.3: the new modseq is told also to who wants to hear nothing of the flags.
      const items = [
        ...(byUid || modseq ? [`UID ${state.uid}`] : []),
        ...(silent ? [] : [`FLAGS ${encodeFlags(state.flags, state.keywords)}`]),
        ...(modseq ? [`MODSEQ (${state.modseq})`] : []),
      ];
      if (silent && !modseq) continue;
      session.respond(`* ${mailbox.numberOf(state.uid)} FETCH (${items.join(' ')})`);
      await session.respondInBatches();
    }
    if (!condition || condition.modified.length === 0) return undefined;
    const { modified } = condition;
    return `MODIFIED ${encodeSequenceSet(byUid ? modified : modified.map((uid) => mailbox.numberOf(uid)))}`;
  };
