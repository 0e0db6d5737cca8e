import type { CommandHandler } from '../command.ts';

/** RFC 3501 §6.1.3 */
export const logoutCommand: CommandHandler = ({ connection }, args) => {
  args.end();
  connection.bye('Logging out');
};
