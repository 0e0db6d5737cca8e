import { parseFetchItems, parseFetchModifiers } from '../../../../shared/protocol/imap/fetch-items.ts';
import { partialOf } from '../../../../shared/protocol/imap/partial-range.ts';
import { parseSequenceSet } from '../../../../shared/protocol/imap/sequence-set.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { CommandHandler } from '../command.ts';
import { asksFor, sendMessages } from '../fetch/fetch-responses.ts';
import { sendVanished } from '../vanished-response.ts';

/** FETCH and UID FETCH (RFC 3501 §6.4.5). */
export const fetchCommand =
  (byUid: boolean): CommandHandler =>
  async (session, args, { tag }) => {
    const set = args.sequenceSet();
    args.space();
    const items = parseFetchItems(args);
    const { changedSince, vanished, range } = parseFetchModifiers(args);
    args.end();
    const { mailbox } = session;
    if (!mailbox) return;
    if (vanished && (!byUid || changedSince === undefined || !session.extensions.has('QRESYNC')))
      throw new ImapSyntaxError('VANISHED is for UID FETCH with CHANGEDSINCE, once QRESYNC is enabled');
    if (changedSince !== undefined && !asksFor(items, 'MODSEQ')) items.push({ name: 'MODSEQ' });
    // RFC 3501 §6.4.8: UID FETCH always answers with the UID.
    if (byUid && !asksFor(items, 'UID')) items.unshift({ name: 'UID' });
    if (range && !byUid) throw new ImapSyntaxError('PARTIAL is for UID FETCH');
    const selected = mailbox.select(set, byUid);
    const uids = range ? partialOf(selected, range) : selected;
    if (vanished) await sendVanished(session, mailbox, changedSince ?? 0, parseSequenceSet(set));
    await sendMessages(session, mailbox, uids, items, { tag, changedSince });
  };
