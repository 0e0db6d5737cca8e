import { PamojaError } from '../../../../shared/mapi/error.ts';
import { parseAppendItem } from '../../../../shared/protocol/imap/append-items.ts';
import { RIGHT } from '../../../../shared/store/folders/rights.ts';
import { appendMessages } from '../../../../shared/store/messages/append-messages.ts';
import { expungeMessages } from '../../../../shared/store/messages/expunge-messages.ts';
import type { CommandHandler } from '../command.ts';
import { requireWritable } from '../error-responses.ts';
import { requireRights } from '../mailbox-tree.ts';
import { appendTarget, appendUid, prepareUpload } from '../message-upload.ts';
import { targetFolder } from '../target-folder.ts';
import { sendUpdates } from '../untagged-updates.ts';

/** REPLACE and UID REPLACE (RFC 8508): stores the new message and removes the old one, or does neither. */
export const replaceCommand =
  (byUid: boolean): CommandHandler =>
  async (session, args, { tag, messages }) => {
    const set = args.sequenceSet();
    args.space();
    const name = args.astring();
    args.space();
    const item = parseAppendItem(args);
    args.end();
    const { mailbox } = session;
    if (!mailbox) return;
    requireWritable(mailbox);
    requireRights(mailbox.entry, RIGHT.DELETE_ALL);
    const [uid, ...more] = mailbox.select(set, byUid);
    if (uid === undefined || more.length > 0) throw new PamojaError('NOT_FOUND', 'REPLACE is for one message');
    const entry = await targetFolder(session, name);
    const upload = await prepareUpload(session, entry, item, messages);
    const { store } = session.context;
    const sameStore = entry.tree.ref.store === mailbox.ref.store;
    const uids = await appendMessages(
      store,
      appendTarget(entry),
      [upload],
      sameStore ? { folder: mailbox.folder, uid } : undefined,
    );
    if (!sameStore) await expungeMessages(store, mailbox.ref, mailbox.folder, [uid], false);
    // RFC 8508 §3.3: the uid of the new message comes before the EXPUNGE of the old one.
    const code = appendUid(entry, uids);
    if (code) session.output.respond(`* OK ${code}the replacement is stored`);
    await sendUpdates(session, true);
    session.output.respond(`${tag} OK REPLACE done`);
  };
