import { utf8Text } from '../../../../shared/protocol/imap/strings.ts';
import type { CommandHandler } from '../command.ts';
import { logInWithPassword } from '../password-login.ts';

/** RFC 3501 §6.2.3 */
export const loginCommand: CommandHandler = async (session, args, { tag }) => {
  const user = utf8Text(args.astring());
  args.space();
  const password = utf8Text(args.astring());
  args.end();
  await logInWithPassword(session, tag, user, password);
};
