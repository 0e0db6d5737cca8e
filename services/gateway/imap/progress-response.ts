import { encodeString } from '../../../shared/protocol/imap/strings.ts';
import type { ImapSession } from './session.ts';

/** Milliseconds between two progress responses. */
const PROGRESS_MS = 5_000;

/** Counts what a long command has done, and sends the client an INPROGRESS response from time to time (RFC 9585). */
export function progressOf(
  { context, output }: Pick<ImapSession, 'context' | 'output'>,
  tag: string | undefined,
  goal: number,
): (done: number) => void {
  const { clock } = context.store;
  let last = clock();
  let total = 0;
  return (done) => {
    total += done;
    const now = clock();
    if (tag === undefined || now - last < PROGRESS_MS) return;
    last = now;
    output.respond(`* OK [INPROGRESS (${encodeString(tag)} ${Math.min(total, goal)} ${goal})] still running`);
    void output.flush();
  };
}
