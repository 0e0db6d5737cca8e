import { logIn } from '../../../shared/directory/login/login.ts';
import { readPlain } from '../../../shared/protocol/sasl.ts';
import type { Pop3Command } from './command.ts';
import { readCommandLine } from './command-line.ts';
import { Maildrop } from './maildrop.ts';
import { Pop3Error } from './pop3-error.ts';
import type { Pop3Session } from './session.ts';

// The commands of the AUTHORIZATION state (RFC 1939 §4): they log in, and start TLS before that.

export const userCommand: Pop3Command = (session, name) => {
  requirePasswordsAllowed(session);
  if (name === '') throw new Pop3Error('a user name is missing');
  session.user = name;
  session.ok('send the password');
};

export const passCommand: Pop3Command = async (session, password) => {
  const name = session.user;
  if (name === undefined) throw new Pop3Error('USER comes first');
  session.user = undefined;
  await authenticate(session, name, password);
};

/** RFC 5034 with SASL PLAIN (RFC 4616), with an initial response or without. */
export const authCommand: Pop3Command = async (session, argument) => {
  if (argument === '') return session.multiline('mechanisms follow', session.login.allowsPasswords ? ['PLAIN'] : []);
  const [mechanism = '', initial] = argument.split(' ');
  if (mechanism.toUpperCase() !== 'PLAIN') throw new Pop3Error('that mechanism is not offered');
  requirePasswordsAllowed(session);
  if (initial === undefined) await session.output.respondNow('+ ');
  const answer = initial ?? (await readCommandLine(session));
  if (answer === undefined) return;
  if (answer === '*') throw new Pop3Error('cancelled');
  const plain = readPlain(Buffer.from(answer, 'base64').toString('utf8'));
  if (plain.kind === 'malformed') throw new Pop3Error('not a PLAIN response');
  if (plain.kind === 'other-user') throw new Pop3Error('[AUTH] acting for another user is not allowed');
  await authenticate(session, plain.user, plain.password);
};

/** RFC 2595 §4: commands that were sent before TLS do not count after it, so a client that has pipelined some is disconnected. */
export const stlsCommand: Pop3Command = async (session) => {
  const { connection, context, output } = session;
  if (!context.tls || connection.isSecure) throw new Pop3Error('TLS is not available here');
  if (connection.reader.buffer.length > 0) {
    connection.stop();
    throw new Pop3Error('no command may follow STLS before TLS');
  }
  session.ok('begin TLS now');
  await output.flush();
  connection.startTls(context.tls);
  session.user = undefined;
};

function requirePasswordsAllowed({ login }: Pop3Session): void {
  if (!login.allowsPasswords) throw new Pop3Error('use STLS or the TLS port first');
}

async function authenticate(session: Pop3Session, name: string, password: string): Promise<void> {
  const { connection, context, login } = session;
  const attempt = { user: name, password, from: connection.remoteAddress, program: 'pop3' as const };
  const account = await logIn(context, attempt);
  await requireLoginDelay(session, account.login);
  session.maildrop = await Maildrop.open(context.store, { tenant: account.tenant, store: account.store });
  login.loggedIn(account);
  session.ok('logged in');
}

/** RFC 2449 §6.5: limits how often a client may log in. When the table is unreachable the login succeeds: the password was right. */
async function requireLoginDelay({ context }: Pop3Session, login: string): Promise<void> {
  const { store, loginRest, log } = context;
  const seconds = store.options.pop3_login_delay;
  if (seconds === 0) return;
  const rested = await loginRest.isRested(login, seconds).catch((error: unknown) => {
    log.warn({ error: String(error) }, 'the last login could not be read, login allowed');
    return true;
  });
  if (!rested) throw new Pop3Error(`[LOGIN-DELAY] the last login was less than ${seconds} s ago`);
}
