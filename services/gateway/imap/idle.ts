import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import type { CommandHandler } from './commands.ts';

/** RFC 2177: tells of changes as they come, until DONE. */
export const idle: CommandHandler = async (session, _tag, args) => {
  args.end();
  let finished = false;
  let wake: () => void = () => {};
  const stop = session.context.listener.watch(session.ref.store, () => wake());
  const changes = async () => {
    let rung = true;
    let resume: (() => void) | undefined;
    wake = () => {
      rung = true;
      resume?.();
    };
    while (!finished) {
      if (rung) {
        rung = false;
        await session.tellChanges(true);
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
  wake();
  stop();
  await telling;
  if (line !== undefined && line.toUpperCase() !== 'DONE') throw new ImapSyntaxError('DONE expected');
};
