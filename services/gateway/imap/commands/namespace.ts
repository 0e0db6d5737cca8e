import type { CommandHandler } from '../command.ts';
import { encodePath, OTHER_USERS, PUBLIC_FOLDERS } from '../mailbox-tree.ts';

/** RFC 2342: the user's own mailboxes, those that other users share, and the public ones of the tenant. */
export const namespaceCommand: CommandHandler = ({ context, extensions, output }, args) => {
  args.end();
  const shared = context.store.options.imap_public_folders
    ? `((${encodePath(extensions, PUBLIC_FOLDERS)} "/"))`
    : 'NIL';
  output.respond(`* NAMESPACE (("" "/")) ((${encodePath(extensions, OTHER_USERS)} "/")) ${shared}`);
};
