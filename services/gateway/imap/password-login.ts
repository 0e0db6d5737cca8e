import { logIn } from '../../../shared/directory/login/login.ts';
import type { Account } from '../../../shared/directory/sources/directory-source.ts';
import { capabilities } from './capabilities.ts';
import type { ImapSession } from './session.ts';

/** Logs in with a password, where one may be sent. Throws as {@link logIn} does. */
export async function logInWithPassword(
  session: ImapSession,
  tag: string,
  user: string,
  password: string,
): Promise<void> {
  if (!session.login.allowsPasswords) return refusePlaintext(session, tag);
  const attempt = { user, password, from: session.connection.remoteAddress, program: 'imap' as const };
  completeLogin(session, tag, await logIn(session.context, attempt));
}

/** Notes the account, and sends the tagged OK with the capabilities after the login. */
export function completeLogin(session: ImapSession, tag: string, account: Account): void {
  session.login.loggedIn(account);
  session.output.respond(`${tag} OK [CAPABILITY ${capabilities(session).join(' ')}] Logged in`);
}

/** RFC 5530 §3: the client must start TLS first. */
export function refusePlaintext({ output }: Pick<ImapSession, 'output'>, tag: string): void {
  output.respond(`${tag} NO [PRIVACYREQUIRED] Use STARTTLS or the TLS port first`);
}
