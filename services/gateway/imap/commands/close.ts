import { RIGHT } from '../../../../shared/store/folders/rights.ts';
import type { CommandHandler } from '../command.ts';
import { expungeDeleted } from '../expunge-deleted.ts';

/**
 * RFC 3501 §6.4.2: expunges without EXPUNGE responses, unless the mailbox is read-only or the right is missing (RFC 4314 §4). RFC 7162
 * §3.2.8: HIGHESTMODSEQ leaves out the changes of other sessions that this client has not seen.
 */
export const closeCommand: CommandHandler = async (session, args) => {
  args.end();
  const { mailbox } = session;
  if (!mailbox) return undefined;
  const expunges = !mailbox.readOnly && (mailbox.entry.rights & RIGHT.DELETE_ALL) !== 0;
  const expunged = expunges ? await expungeDeleted(session) : [];
  const known = session.extensions.has('QRESYNC') ? await mailbox.highestModseqWithout(expunged) : undefined;
  session.mailbox = undefined;
  return known === undefined ? undefined : `HIGHESTMODSEQ ${known}`;
};

/** RFC 3691: closes the mailbox and expunges nothing. */
export const unselectCommand: CommandHandler = (session, args) => {
  args.end();
  session.mailbox = undefined;
};
