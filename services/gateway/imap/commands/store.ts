import { PamojaError } from '../../../../shared/mapi/error.ts';
import { type FlagList, parseFlagList } from '../../../../shared/protocol/imap/flag-names.ts';
import { encodeSequenceSet } from '../../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { Uid } from '../../../../shared/store/engine/ids.ts';
import { RIGHT } from '../../../../shared/store/folders/rights.ts';
import { expungeMessages } from '../../../../shared/store/messages/expunge-messages.ts';
import { FLAG, type FlagChange } from '../../../../shared/store/messages/flags.ts';
import type { MessageState } from '../../../../shared/store/messages/message-list.ts';
import { setMessageFlags, type UnchangedSince } from '../../../../shared/store/messages/set-message-flags.ts';
import type { CommandHandler } from '../command.ts';
import { requireWritable } from '../error-responses.ts';
import { changeableFlags, permittedFlags } from '../flag-rights.ts';
import { newFlagLines } from '../mailbox-flags.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';

const CHANGES: Record<string, FlagChange> = { '+': 'add', '-': 'remove', '': 'set' };

/** STORE and UID STORE (RFC 3501 §6.4.6), on a condition (RFC 7162 §3.1.3). */
export const storeCommand =
  (byUid: boolean): CommandHandler =>
  async (session, args) => {
    const set = args.sequenceSet();
    args.space();
    let condition: UnchangedSince | undefined;
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
    const states = await changeFlags(session, mailbox, { uids, how: CHANGES[sign] ?? 'set', flags: change, condition });
    mailbox.noteSent(states);
    for (const line of newFlagLines(mailbox, states)) session.output.respond(line);
    const modseq = session.extensions.has('CONDSTORE');
    for (const state of states) {
      // RFC 7162 §3.1.3: .SILENT leaves out the flags, not the new modseq.
      const items = [
        ...(byUid || modseq ? [`UID ${state.uid}`] : []),
        ...(silent ? [] : [`FLAGS ${mailbox.flagsOf(state)}`]),
        ...(modseq ? [`MODSEQ (${state.modseq})`] : []),
      ];
      if (silent && !modseq) continue;
      session.output.respond(`* ${mailbox.numberOf(state.uid)} FETCH (${items.join(' ')})`);
      await session.output.flushIfFull();
    }
    await expungeAtOnce(session, mailbox, states);
    if (!condition || condition.modified.length === 0) return undefined;
    const { modified } = condition;
    return `MODIFIED ${encodeSequenceSet(byUid ? modified : modified.map((uid) => mailbox.numberOf(uid)))}`;
  };

interface FlagRequest {
  uids: readonly Uid[];
  how: FlagChange;
  flags: FlagList;
  condition: UnchangedSince | undefined;
}

/** RFC 4314 §4: flags that the session has no right to change stay as they are; where it may change none of them, the command fails. */
async function changeFlags(
  session: ImapSession,
  mailbox: SelectedMailbox,
  { uids, how, flags: change, condition }: FlagRequest,
): Promise<MessageState[]> {
  const { rights } = mailbox.entry;
  const apply = (kind: FlagChange, flags: FlagList) =>
    setMessageFlags(session.context.store, mailbox.ref, mailbox.folder, uids, { how: kind, ...flags, condition });
  const may = changeableFlags(rights);
  if (rights & RIGHT.EDIT_ALL && rights & RIGHT.DELETE_ALL) return apply(how, change);
  const permitted = permittedFlags(rights, change);
  const wanted = change.flags !== 0 || change.keywords.length > 0;
  if (wanted && permitted.flags === 0 && permitted.keywords.length === 0)
    throw new PamojaError('NO_ACCESS', 'you may not change that here');
  if (how !== 'set') return apply(how, permitted);
  // Without the right to edit, keywords stay as they are.
  const changed = await apply('add', permitted);
  const spared = new Set(condition?.modified);
  const removed = may & ~permitted.flags;
  const rest = uids.filter((uid) => !spared.has(uid));
  if (removed === 0 || rest.length === 0) return changed;
  return setMessageFlags(session.context.store, mailbox.ref, mailbox.folder, rest, {
    how: 'remove',
    flags: removed,
    keywords: [],
  });
}

/** imap_expunge_on_delete: expunges messages with \Deleted at once. */
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
