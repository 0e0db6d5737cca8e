import type { CommandHandler } from '../command.ts';
import { copyTo, copyUid, parseCopy } from '../copied-messages.ts';
import { sendUpdates } from '../untagged-updates.ts';

/** COPY and UID COPY (RFC 3501 §6.4.7). */
export const copyCommand =
  (byUid: boolean): CommandHandler =>
  async (session, args, { tag }) => {
    const request = await parseCopy(session, byUid, args);
    const copied = await copyTo(session, request);
    // RFC 3501 §7.4.1: EXPUNGE responses only during UID COPY.
    await sendUpdates(session, byUid);
    session.output.respond(`${tag} OK ${copyUid(request.target, copied)}COPY done`);
  };
