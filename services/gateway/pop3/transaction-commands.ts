import type { Pop3Command } from './command.ts';
import type { DropMessage } from './maildrop.ts';
import type { Pop3Session } from './session.ts';

// The commands of the TRANSACTION state (RFC 1939 §5) that need no content of a message.

export const stat: Pop3Command = (session) => {
  const left = session.requireMaildrop().remaining;
  session.ok(`${left.length} ${left.reduce((sum, { message }) => sum + message.size, 0)}`);
};

export const list: Pop3Command = (session, argument) => sendListing(session, argument, ({ size }) => size);

export const uidl: Pop3Command = (session, argument) => sendListing(session, argument, ({ uniqueId }) => uniqueId);

export const dele: Pop3Command = (session, argument) => {
  session.message(argument).message.deleted = true;
  session.ok('marked as deleted');
};

export const rset: Pop3Command = (session) => {
  for (const message of session.requireMaildrop().messages) message.deleted = false;
  session.ok('no message is marked as deleted');
};

/** RFC 1939 §6: messages are deleted only here. */
export const quit: Pop3Command = async (session) => {
  session.connection.stop();
  await session.maildrop?.update();
  session.ok('logging out');
};

/** Sends a value of one message, or of all. */
function sendListing(session: Pop3Session, argument: string, shown: (message: DropMessage) => string | number): void {
  if (argument !== '') {
    const { number, message } = session.message(argument);
    return session.ok(`${number} ${shown(message)}`);
  }
  session.multiline(
    'messages follow',
    session.requireMaildrop().remaining.map(({ number, message }) => `${number} ${shown(message)}`),
  );
}
