import type { CommandHandler } from '../command.ts';

/** RFC 3501 §6.1.2: all that it does is send what has changed, as after any command. */
export const noopCommand: CommandHandler = (_session, args) => args.end();

/** RFC 3501 §6.4.1: all changes are durable already. */
export const checkCommand: CommandHandler = (_session, args) => args.end();
