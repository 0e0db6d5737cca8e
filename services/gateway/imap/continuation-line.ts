import { readLine } from '../line-reader.ts';
import type { ImapSession } from './session.ts';

/** Octets of a line that is not a command: a SASL response or DONE. */
const MAX_LINE = 8192;

/** Reads a line that is not a command; undefined when the client has gone, or the line is too long and the connection ends. */
export async function readContinuationLine({
  connection,
}: Pick<ImapSession, 'connection'>): Promise<string | undefined> {
  const line = await readLine(connection, MAX_LINE, 'latin1');
  if (line !== 'too-long') return line;
  connection.bye('the line is too long');
  return undefined;
}
