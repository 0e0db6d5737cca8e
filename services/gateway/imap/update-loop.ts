import type { ImapSession } from './session.ts';

/** What happens to many mailboxes at a time is told at once, and what comes right after it together. */
const PAUSE_MS = 40;

/** The client waits for news, perhaps for half an hour: what could not be read is told so much later. */
export const RETRY_MS = 2_000;

/** Tells a client that has asked for it (RFC 5465) what happens, until it sends something itself. */
export async function tellWhileWaiting(session: ImapSession, bytes: Promise<boolean>): Promise<boolean> {
  let resume: () => void = () => {};
  let arrived = false;
  let rung = true;
  const wake = () => resume();
  const changed = () => {
    rung = true;
    wake();
  };
  const ended = bytes.finally(() => {
    arrived = true;
    wake();
  });
  const woken = async (afterMs?: number): Promise<void> => {
    const timer = afterMs === undefined ? undefined : setTimeout(wake, afterMs);
    await new Promise<void>((resolve) => {
      resume = resolve;
    });
    clearTimeout(timer);
  };
  const stop = session.watchNews(changed);
  let retry: NodeJS.Timeout | undefined;
  let told = Number.NEGATIVE_INFINITY;
  while (!arrived) {
    const early = told + PAUSE_MS - performance.now();
    if (!rung) await woken();
    else if (early > 0) await woken(early);
    else {
      rung = false;
      told = performance.now();
      await session.tellNews().catch((error: unknown) => {
        session.context.log.warn({ error: String(error) }, 'NOTIFY could not read changes, trying again in 2 s');
        retry = setTimeout(changed, RETRY_MS);
      });
      await session.flush();
    }
  }
  clearTimeout(retry);
  stop();
  return ended;
}
