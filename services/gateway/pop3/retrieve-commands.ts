import { Multiline, topOf } from '../../../shared/protocol/pop3/multiline.ts';
import type { Pop3Command } from './command.ts';
import { NoSuchMessage, Pop3Error } from './pop3-error.ts';
import type { NumberedMessage, Pop3Session } from './session.ts';

export const retr: Pop3Command = (session, argument) => sendMessage(session, session.message(argument), undefined);

export const top: Pop3Command = (session, argument) => {
  const [number = '', lines = ''] = argument.split(' ');
  if (!/^\d{1,9}$/.test(lines)) throw new Pop3Error('a number of lines is missing');
  return sendMessage(session, session.message(number), Number(lines));
};

/** Sends a message with `lines` lines of its body, or all of it. */
async function sendMessage(
  session: Pop3Session,
  { message }: NumberedMessage,
  lines: number | undefined,
): Promise<void> {
  const { connection, output } = session;
  const content = await session.requireMaildrop().content(message);
  if (!content) throw new NoSuchMessage('the message has been deleted');
  const { root, size, read } = content;
  const header = { start: 0, end: root.bodyStart };
  const body = { start: root.bodyStart, end: size };
  const bytes = lines === undefined ? read({ start: 0, end: size }) : topOf(read(header), read(body), lines);
  const multiline = new Multiline();
  let begun = false;
  try {
    for await (const chunk of bytes) {
      // The first chunk is read before the +OK: where storage is unreachable the answer is -ERR.
      if (!begun) session.ok(lines === undefined ? `${size} octets` : 'the top follows');
      begun = true;
      await output.sendBytes(multiline.encode(chunk));
      if (connection.isGone) return;
    }
  } catch (error) {
    // The client waits for the rest of the message, so only the end of the connection can report the error.
    if (begun) connection.abort();
    throw error;
  }
  if (!begun) session.ok('the message is empty');
  output.respondPart(multiline.end().toString('latin1'));
  if (lines === undefined) message.retrieved = true;
}
