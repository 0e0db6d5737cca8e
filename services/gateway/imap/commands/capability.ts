import { capabilities } from '../capabilities.ts';
import type { CommandHandler } from '../command.ts';

/** RFC 3501 §6.1.1 */
export const capabilityCommand: CommandHandler = (session, args) => {
  args.end();
  session.output.respond(`* CAPABILITY ${capabilities(session).join(' ')}`);
};
