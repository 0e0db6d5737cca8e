import type { Arguments } from '../../../../shared/protocol/imap/arguments.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { FolderRole } from '../../../../shared/store/folders/default-folders.ts';
import type { CommandHandler } from '../command.ts';
import { UseNotPossible } from '../error-responses.ts';
import { roleOfUse } from '../list-response.ts';
import { treeOf } from '../mailbox-tree.ts';
import { createMailbox, newPath } from '../new-mailbox.ts';
import { mailboxId } from '../object-ids.ts';

/** RFC 3501 §6.3.3; with a special use (RFC 6154 §3) where no mailbox has it yet. */
export const createCommand: CommandHandler = async (session, args) => {
  const path = newPath(session, args.astring());
  const roles = parseUses(args);
  args.end();
  const { tree, folders } = await treeOf(session, path);
  const [role, ...others] = roles;
  if (role && (others.length > 0 || tree.prefix !== '' || folders.some(({ folder }) => folder.role === role)))
    throw new UseNotPossible();
  const made = await createMailbox(session, path, role);
  return `MAILBOXID (${mailboxId(made)})`;
};

/** Parses ` (USE (\Use ...))`. Throws UseNotPossible for a use that no mailbox can have here. */
function parseUses(args: Arguments): FolderRole[] {
  if (!args.skip(' ')) return [];
  const uses: string[] = [];
  args.list(() => {
    if (!args.skipWord('USE ')) throw new ImapSyntaxError('USE expected');
    args.list(() => {
      args.expect('\\');
      uses.push(`\\${args.atom()}`);
    });
  });
  return uses.map((use) => {
    const role = roleOfUse(use);
    if (!role) throw new UseNotPossible();
    return role;
  });
}
