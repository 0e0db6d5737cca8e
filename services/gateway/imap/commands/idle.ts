import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { CommandHandler } from '../command-table.ts';
import { RETRY_MS } from '../update-loop.ts';

/** RFC 2177: tells of changes as they come, until DONE; of none where imap_ignore_command_idle is set. */
export const idle: CommandHandler = async (session, _tag, args) => {
  args.end();
  let finished = false;
  let wake: () => void = () => {};
  let retry: NodeJS.Timeout | undefined;
  const deaf = session.context.store.options.imap_ignore_command_idle;
  const stop = session.watchNews(() => wake());
  const changes = async () => {
    let rung = true;
    let resume: (() => void) | undefined;
    wake = () => {
      rung = true;
      resume?.();
    };
    while (!finished) {
      if (rung && !deaf) {
        rung = false;
        await session.tellNews().catch((error: unknown) => {
          // The client waits for news until it says DONE, perhaps for half an hour: what could not be read now is told later.
          session.context.log.warn({ error: String(error) }, 'IDLE could not read changes, trying again in 2 s');
          retry = setTimeout(() => wake(), RETRY_MS);
        });
        await session.flush();
      } else {
        await new Promise<void>((resolve) => {
          resume = resolve;
        });
      }
    }
  };
  await session.respondNow('+ idling');
  const telling = changes().catch((error: unknown) => session.context.log.warn({ error: String(error) }, 'idle'));
  const line = await session.readLine();
  finished = true;
  clearTimeout(retry);
  wake();
  stop();
  await telling;
  if (line !== undefined && line.toUpperCase() !== 'DONE') throw new ImapSyntaxError('DONE expected');
};
