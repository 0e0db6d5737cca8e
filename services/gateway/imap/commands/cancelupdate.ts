import type { CommandHandler } from '../command.ts';

/** RFC 5267 §4.3.5 */
export const cancelupdateCommand: CommandHandler = (session, args) => {
  const tags = [args.string()];
  while (args.skip(' ')) tags.push(args.string());
  args.end();
  for (const tag of tags) session.mailbox?.searches.delete(tag);
};
