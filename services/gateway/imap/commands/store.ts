import { PamojaError } from '../../../../shared/mapi/error.ts';
import { type FlagList, parseFlagList } from '../../../../shared/protocol/imap/flag-names.ts';
import { encodeSequenceSet } from '../../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { Uid } from '../../../../shared/store/engine/ids.ts';
import { RIGHT } from '../../../../shared/store/folders/rights.ts';
import { expungeMessages } from '../../../../shared/store/messages/expunge-messages.ts';
import { FLAG, type FlagChange } from '../../../../shared/store/messages/flags.ts';
import type { MessageState } from '../../../../shared/store/messages/messages.ts';
import { type MarkCondition, setMessageFlags } from '../../../../shared/store/messages/set-message-flags.ts';
import type { CommandHandler } from '../command-table.ts';
import { requireWritable } from '../error-responses.ts';
import { changeableFlags, permittedFlags } from '../flag-rights.ts';
import { newFlagLines } from '../mailbox-flags.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';

const CHANGES: Record<string, FlagChange> = { '+': 'add', '-': 'remove', '': 'set' };

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
    }
    const sign = args.skip('+') ? '+' : args.skip('-') ? '-' : '';
    if (!args.skipWord('FLAGS')) throw new ImapSyntaxError('FLAGS expected');
    const silent = args.skipWord('.SILENT');
    args.space();
    const change = parseFlagList(args);
    args.end();
    const { mailbox } = session;
    if (!mailbox) return undefined;
    if (condition) session.enable('CONDSTORE');
    requireWritable(mailbox);
    const uids = mailbox.select(set, byUid);
    const states = await changeFlags(session, mailbox, uids, CHANGES[sign] ?? 'set', change, condition);
    mailbox.noteTold(states);
    for (const line of newFlagLines(mailbox, states)) session.respond(line);
    const modseq = session.enabled.has('CONDSTORE');
    for (const state of states) {
      // RFC 7162 §3.1.3: the new modseq is told also to who wants to hear nothing of the flags.
      const items = [
        ...(byUid || modseq ? [`UID ${state.uid}`] : []),
        ...(silent ? [] : [`FLAGS ${mailbox.flagsOf(state)}`]),
        ...(modseq ? [`MODSEQ (${state.modseq})`] : []),
      ];
      if (silent && !modseq) continue;
      session.respond(`* ${mailbox.numberOf(state.uid)} FETCH (${items.join(' ')})`);
      await session.respondInBatches();
    }
    await expungeAtOnce(session, mailbox, states);
    if (!condition || condition.modified.length === 0) return undefined;
    const { modified } = condition;
    return `MODIFIED ${encodeSequenceSet(byUid ? modified : modified.map((uid) => mailbox.numberOf(uid)))}`;
  };

/** RFC 4314 §4: what the session may not change stays as it is; where that is all of it, the command fails. */
async function changeFlags(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uids: readonly Uid[],
  how: FlagChange,
  change: FlagList,
  condition: MarkCondition | undefined,
): Promise<MessageState[]> {
  const { rights } = mailbox.entry;
  const mark = (kind: FlagChange, marks: FlagList, on?: MarkCondition) =>
    setMessageFlags(session.context.store, mailbox.ref, mailbox.folder, uids, kind, marks, on);
  const may = changeableFlags(rights);
  if (rights & RIGHT.EDIT_ALL && rights & RIGHT.DELETE_ALL) return mark(how, change, condition);
  const permitted = permittedFlags(rights, change);
  const wanted = change.flags !== 0 || change.keywords.length > 0;
  if (wanted && permitted.flags === 0 && permitted.keywords.length === 0)
    throw new PamojaError('NO_ACCESS', 'you may not change that here');
  if (how !== 'set') return mark(how, permitted, condition);
  // Keywords stay: only who may change all of them can set them.
  const changed = await mark('add', permitted, condition);
  const spared = new Set(condition?.modified);
  const removed = may & ~permitted.flags;
  const rest = uids.filter((uid) => !spared.has(uid));
  if (removed === 0 || rest.length === 0) return changed;
  return setMessageFlags(session.context.store, mailbox.ref, mailbox.folder, rest, 'remove', {
    flags: removed,
    keywords: [],
  });
}

/** imap_expunge_on_delete: what is marked as deleted goes at once. */
async function expungeAtOnce(
  session: ImapSession,
  mailbox: SelectedMailbox,
  states: readonly MessageState[],
): Promise<void> {
  const { store } = session.context;
  if (!store.options.imap_expunge_on_delete) return;
  const deleted = states.filter(({ flags }) => flags & FLAG.DELETED).map(({ uid }) => uid);
  if (deleted.length > 0) await expungeMessages(store, mailbox.ref, mailbox.folder, deleted);
}
