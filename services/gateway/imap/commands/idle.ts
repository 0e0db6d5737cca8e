import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { CommandHandler } from '../command.ts';
import { readContinuationLine } from '../continuation-line.ts';
import { sendUpdatesUntil } from '../update-loop.ts';

/** RFC 2177: sends changes as they happen, until DONE; none where imap_ignore_command_idle is set. */
export const idleCommand: CommandHandler = async (session, args) => {
  args.end();
  await session.output.respondNow('+ idling');
  const done = readContinuationLine(session);
  const silent = session.context.store.options.imap_ignore_command_idle;
  const line = silent ? await done : await sendUpdatesUntil(session, done, { command: 'IDLE', pauseMs: 0 });
  if (line !== undefined && line.toUpperCase() !== 'DONE') throw new ImapSyntaxError('DONE expected');
};
