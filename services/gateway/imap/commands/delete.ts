import { RIGHT } from '../../../../shared/store/folders/rights.ts';
import { deleteFolder } from '../../../../shared/store/trees/delete-folder.ts';
import type { CommandHandler } from '../command.ts';
import { requireFolder, treeOf } from '../mailbox-tree.ts';
import { keepNames } from '../subscriptions.ts';

/** RFC 3501 §6.3.4 */
export const deleteCommand: CommandHandler = async (session, args) => {
  const name = args.astring();
  args.end();
  const { folder, tree, path } = await requireFolder(session, name, RIGHT.FOLDER_OWNER);
  await keepNames(session, await treeOf(session, path));
  await deleteFolder(session.context.store, tree.ref, folder.id, {
    messages: true,
    folders: false,
    hard: false,
    syncId: 0,
    // The right to delete this folder has been checked above, and folders below it are not deleted.
    may: () => true,
  });
  if (session.mailbox?.folder === folder.id) session.mailbox = undefined;
};
