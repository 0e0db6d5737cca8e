import { PamojaError } from '../../../../shared/mapi/error.ts';
import { isProtected } from '../../../../shared/store/folders/folder.ts';
import { moveFolder } from '../../../../shared/store/folders/move-folder.ts';
import { RIGHT } from '../../../../shared/store/folders/rights.ts';
import { listStates } from '../../../../shared/store/messages/message-list.ts';
import { moveMessages } from '../../../../shared/store/messages/move-messages.ts';
import type { CommandHandler } from '../command.ts';
import { requireFolder, treeOf } from '../mailbox-tree.ts';
import { createLevels, createMailbox, nearestFolder, newPath } from '../new-mailbox.ts';
import { keepNames, leaveOldNames } from '../subscriptions.ts';

/** RFC 3501 §6.3.5: renaming INBOX moves its messages to a new mailbox and leaves it empty. */
export const renameCommand: CommandHandler = async (session, args) => {
  const from = args.astring();
  args.space();
  const to = newPath(session, args.astring());
  args.end();
  const { store } = session.context;
  const entry = await requireFolder(session, from, RIGHT.FOLDER_OWNER);
  const { folder, tree } = entry;
  if ((await treeOf(session, to)).tree.ref.store !== tree.ref.store)
    throw new PamojaError('INVALID_PARAMETER', 'a mailbox stays in its namespace');
  if (folder.role === 'inbox') {
    const target = await createMailbox(session, to);
    const states = await listStates(store.db, tree.ref, folder.id);
    await moveMessages(
      store,
      tree.ref,
      folder.id,
      states.map((state) => state.uid),
      target.id,
    );
    return;
  }
  if (isProtected(folder)) throw new PamojaError('NO_ACCESS', 'a default folder cannot be renamed');
  const { parent, missing } = await nearestFolder(session, to);
  const name = missing.pop();
  if (name === undefined) throw new PamojaError('COLLISION', 'the mailbox already exists');
  const before = await treeOf(session, entry.path);
  await keepNames(session, before);
  const above = await createLevels(session, tree, parent, missing);
  await moveFolder(store, tree.ref, folder.id, { parent: above, name, syncId: 0 });
  await leaveOldNames(session, before, entry);
};
