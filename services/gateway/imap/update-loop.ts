import type { ImapSession } from './session.ts';
import { sendUpdatesBetweenCommands, watchForUpdates } from './untagged-updates.ts';

/** A change that could not be read is read again after this time: a client may wait for half an hour. */
const RETRY_MS = 2_000;

export interface UpdateLoopOptions {
  /** The command that the client waits with, for the log. */
  command: 'IDLE' | 'NOTIFY';
  /** Milliseconds between two sends: changes that come close together are sent together. */
  pauseMs: number;
}

/** Sends changes to a client as they happen until `ended` settles; gives the result of `ended`. */
export async function sendUpdatesUntil<T>(
  session: ImapSession,
  ended: Promise<T>,
  { command, pauseMs }: UpdateLoopOptions,
): Promise<T> {
  let over = false;
  let pending = true;
  let resume: () => void = () => {};
  const changed = () => {
    pending = true;
    resume();
  };
  const result = ended.finally(() => {
    over = true;
    resume();
  });
  const wait = async (ms?: number): Promise<void> => {
    const timer = ms === undefined ? undefined : setTimeout(() => resume(), ms);
    await new Promise<void>((resolve) => {
      resume = resolve;
    });
    clearTimeout(timer);
  };
  const stop = watchForUpdates(session, changed);
  let retry: NodeJS.Timeout | undefined;
  let sentAt = Number.NEGATIVE_INFINITY;
  while (!over) {
    const early = sentAt + pauseMs - performance.now();
    if (!pending) await wait();
    else if (early > 0) await wait(early);
    else {
      pending = false;
      sentAt = performance.now();
      try {
        await sendUpdatesBetweenCommands(session);
      } catch (error) {
        session.context.log.warn({ error: String(error) }, `${command}: reading changes failed, retrying in 2 s`);
        retry = setTimeout(changed, RETRY_MS);
      }
      await session.output.flush();
    }
  }
  clearTimeout(retry);
  stop();
  return result;
}
