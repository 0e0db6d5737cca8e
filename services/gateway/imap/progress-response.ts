import { encodeString } from '../../../shared/protocol/imap/strings.ts';
import type { ImapSession } from './session.ts';

/** How often a client that waits is told that the server is still at work. */
const PROGRESS_MS = 5_000;

/** Counts what a long command has done, and tells the client from time to time that it is still at it (RFC 9585). */
export function progressOf(session: ImapSession, tag: string | undefined, goal: number): (done: number) => void {
  const { clock } = session.context.store;
  let last = clock();
  let total = 0;
  return (done) => {
    total += done;
    const now = clock();
    if (tag === undefined || now - last < PROGRESS_MS) return;
    last = now;
    session.respond(`* OK [INPROGRESS (${encodeString(tag)} ${Math.min(total, goal)} ${goal})] still at it`);
    void session.flush();
  };
}
