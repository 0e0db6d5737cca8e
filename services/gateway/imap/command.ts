import type { Arguments } from '../../../shared/protocol/imap/arguments.ts';
import type { ReadCommand } from './command-reader.ts';
import type { ImapSession, SessionState } from './session.ts';

/** Carries out a command. A text that it gives is the response code of the tagged OK. */
export type CommandHandler = (session: ImapSession, args: Arguments, command: ReadCommand) => unknown;

/**
 * The changes of the selected mailbox that are sent after a command: `expunge` all of them, `keep-numbers` all but EXPUNGE
 * (RFC 3501 §7.4.1), `own` none, because the command sends them itself or the mailbox has no part in it.
 */
export type UpdatesAfter = 'expunge' | 'keep-numbers' | 'own';

export interface CommandDefinition {
  states: readonly SessionState[];
  run: CommandHandler;
  updates: UpdatesAfter;
  /** Whether the command loop sends the tagged OK. */
  completes: boolean;
  /** Whether it makes changes that its own client must see at once. */
  changes: boolean;
}
