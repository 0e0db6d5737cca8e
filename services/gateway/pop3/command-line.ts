import { readLine } from '../line-reader.ts';
import type { Pop3Session } from './session.ts';

/** RFC 2449 §4 has 255 octets; a response of AUTH may be longer. */
const MAX_LINE = 4096;

/** Reads a line; undefined when the client has gone, or the line is too long. */
export async function readCommandLine({
  connection,
  output,
}: Pick<Pop3Session, 'connection' | 'output'>): Promise<string | undefined> {
  const line = await readLine(connection, MAX_LINE, 'utf8');
  if (line !== 'too-long') return line;
  output.respond('-ERR the line is too long');
  connection.stop();
  return undefined;
}
