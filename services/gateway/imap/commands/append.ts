import { parseAppendItems } from '../../../../shared/protocol/imap/append-items.ts';
import { newGuid, type Uid } from '../../../../shared/store/engine/ids.ts';
import { type AppendTarget, appendMessages, uidOfStored } from '../../../../shared/store/messages/append-messages.ts';
import { deliver } from '../../../../shared/store/messages/deliver.ts';
import type { CommandHandler } from '../command.ts';
import { appendTarget, appendUid, type MessageUpload, prepareUpload } from '../message-upload.ts';
import type { ImapSession } from '../session.ts';
import { targetFolder } from '../target-folder.ts';
import { sendUpdates } from '../untagged-updates.ts';

/** RFC 3501 §6.3.11, with several messages (RFC 3502) made of parts (RFC 4469). All wait in spools, not in memory. */
export const appendCommand: CommandHandler = async (session, args, { tag, messages }) => {
  const name = args.astring();
  args.space();
  const items = parseAppendItems(args);
  args.end();
  const entry = await targetFolder(session, name);
  const uploads: MessageUpload[] = [];
  for (const item of items) uploads.push(await prepareUpload(session, entry, item, messages));
  const [first] = uploads;
  const uids =
    uploads.length === 1 && first
      ? await appendOne(session, appendTarget(entry), first)
      : await appendMessages(session.context.store, appendTarget(entry), uploads);
  await sendUpdates(session, true);
  session.output.respond(`${tag} OK ${appendUid(entry, uids)}APPEND done`);
};

/** A single message shares its transaction with others that arrive at the same moment. */
async function appendOne(
  { context: { store } }: ImapSession,
  { ref, folder, hardQuota }: AppendTarget,
  { message, flags }: MessageUpload,
): Promise<(Uid | undefined)[]> {
  const target = { ...ref, folder, id: newGuid(store.clock()), hardQuota };
  const [outcome] = await deliver(store, message, [target], { flags });
  return [uidOfStored(outcome)];
}
