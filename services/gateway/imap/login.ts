import { logIn } from '../../../shared/directory/login.ts';
import { KopanoError } from '../../../shared/mapi/error.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import { readPlain } from '../../../shared/protocol/sasl.ts';
import type { CommandHandler } from './commands.ts';
import type { ImapSession } from './session.ts';

export const login: CommandHandler = async (session, tag, args) => {
  const user = utf8(args.astring());
  args.space();
  const password = utf8(args.astring());
  args.end();
  await authenticateUser(session, tag, user, password);
};

/** RFC 3501 §6.2.2 with SASL PLAIN (RFC 4616), with an initial response (RFC 4959) or without. */
export const authenticate: CommandHandler = async (session, tag, args) => {
  const mechanism = args.atom().toUpperCase();
  const initial = args.skip(' ') ? args.atom() : undefined;
  args.end();
  if (mechanism !== 'PLAIN') throw new KopanoError('INVALID_PARAMETER', `the mechanism ${mechanism} is not offered`);
  if (!session.mayLogin()) return refusePlaintext(session, tag);
  if (initial === undefined) await session.respondNow('+ ');
  const answer = initial ?? (await session.readLine());
  if (answer === undefined) return;
  // RFC 3501 §6.2.2: a lone * cancels.
  if (answer === '*') throw new ImapSyntaxError('cancelled');
  const plain = readPlain(Buffer.from(answer, 'base64').toString('utf8'));
  if (plain.kind === 'malformed') throw new ImapSyntaxError('not a PLAIN response');
  if (plain.kind === 'other-user') throw new KopanoError('LOGON_FAILED', 'acting for another user is not allowed');
  await authenticateUser(session, tag, plain.user, plain.password);
};

async function authenticateUser(session: ImapSession, tag: string, user: string, password: string): Promise<void> {
  if (!session.mayLogin()) return refusePlaintext(session, tag);
  session.authenticated(await logIn(session.context, { user, password, from: session.remoteAddress, program: 'imap' }));
  session.respond(`${tag} OK [CAPABILITY ${session.capabilities()}] Welcome`);
}

/** RFC 5530: the client must switch on TLS first. */
function refusePlaintext(session: ImapSession, tag: string): void {
  session.respond(`${tag} NO [PRIVACYREQUIRED] Use STARTTLS or the TLS port first`);
}

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');
