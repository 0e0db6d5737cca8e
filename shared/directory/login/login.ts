import { PamojaError } from '../../mapi/error.ts';
import type { Log } from '../../platform/log.ts';
import type { Account } from '../sources/directory-source.ts';
import type { Authenticator, ScramChallenge } from './authenticator.ts';
import { type CanonicalLogin, canonicalLogin } from './canonical-login.ts';
import type { LoginThrottle } from './login-throttle.ts';

export interface LoginContext {
  /** Asked in this order until one knows the account. */
  authenticators: readonly Authenticator[];
  throttle: LoginThrottle;
  log: Log;
}

/** The same text for every reason: it must not tell which users exist. */
const WRONG = 'unknown user or wrong password';

/** Characters of the login in a log line. */
const MAX_LOGGED = 255;

/** Longer passwords are refused unread: the time of hashing grows with the length. */
const MAX_PASSWORD = 1024;

/** A client that logs in, and the protocol that it uses. */
export interface LoginClient {
  /** The login as the client has given it; undefined where only a token says whose it is. */
  user: string | undefined;
  /** Address of the client. */
  from: string;
  /** The protocol. `imap` and `pop3` are features that the user must have (manual 8.7); `smtp` and Kopano's own protocol are not. */
  program: 'imap' | 'pop3' | 'smtp' | 'soap';
}

export interface LoginAttempt extends LoginClient {
  user: string;
  password: string;
}

/** Logs in with a password. Throws as {@link admit} does. */
export function logIn(context: LoginContext, { password, ...client }: LoginAttempt): Promise<Account> {
  return admit(context, client, (login) =>
    login === undefined || password.length > MAX_PASSWORD
      ? Promise.resolve(undefined)
      : passwordAccount(context.authenticators, login, password),
  );
}

/** Every authenticator is asked before a password is wrong, so that the answer takes as long for an unknown user. */
async function passwordAccount(
  authenticators: readonly Authenticator[],
  login: CanonicalLogin,
  password: string,
): Promise<Account | undefined> {
  for (const authenticator of authenticators) {
    const account = await authenticator.checkPassword?.(login, password);
    if (account) return account;
  }
  return undefined;
}

/** Begins a SCRAM exchange with the first authenticator that has SCRAM keys; undefined where none has. */
export async function scramChallenge(
  { authenticators }: LoginContext,
  login: string,
): Promise<ScramChallenge | undefined> {
  return authenticators.find((authenticator) => authenticator.scramChallenge)?.scramChallenge?.(login);
}

/** Whether bearer tokens can be checked at all. */
export const takesTokens = ({ authenticators }: LoginContext): boolean =>
  authenticators.some(({ checkToken }) => checkToken);

/** Logs in with a bearer token. Throws as {@link admit} does. */
export function logInWithToken(context: LoginContext, client: LoginClient, token: string): Promise<Account> {
  return admit(context, client, async () => {
    for (const authenticator of context.authenticators) {
      const account = await authenticator.checkToken?.(token, client.user);
      if (account) return account;
    }
    return undefined;
  });
}

/**
 * Lets a client in, for every protocol: throttled by user and network, checked by `check`, which gets the login in canonical form and gives
 * the account, or undefined for wrong credentials; the outcome is written to the security log (manual 7.3). Throws LOGON_FAILED, BUSY
 * ({@link LoginDelayed}) after too many wrong guesses, and NO_ACCESS for a user without the feature that the protocol needs.
 */
export async function admit(
  context: LoginContext,
  { user, from, program }: LoginClient,
  check: (login: CanonicalLogin | undefined) => Promise<Account | undefined>,
): Promise<Account> {
  const { throttle, log } = context;
  const login = user === undefined ? undefined : canonicalLogin(user);
  const shown = (user ?? '').slice(0, MAX_LOGGED);
  const refused = (error: unknown): unknown => {
    if (PamojaError.is(error, 'LOGON_FAILED', 'NO_ACCESS', 'BUSY'))
      log.info({ audit: true }, `authenticate failed user='${shown}' from='${from}' program='${program}'`);
    return error;
  };
  // A text that cannot be a login is refused without a round trip.
  if (user !== undefined && login === undefined) throw refused(new PamojaError('LOGON_FAILED', WRONG));
  const guess = await throttle.reserve(login, from).catch((error: unknown) => {
    throw refused(error);
  });
  try {
    const account = await check(login);
    if (!account) throw new PamojaError('LOGON_FAILED', WRONG);
    if (program !== 'smtp' && program !== 'soap' && !account.features.has(program))
      throw new PamojaError('NO_ACCESS', `${program.toUpperCase()} is not enabled for this user`);
    // The client does not wait for the throttle's write.
    void guess.settle('right');
    log.info(
      { audit: true },
      `authenticate ok user='${shown}' from='${from}' method='User supplied password' program='${program}'`,
    );
    return account;
  } catch (error) {
    await guess.settle(PamojaError.is(error, 'LOGON_FAILED') ? 'wrong' : 'undecided');
    throw refused(error);
  }
}
