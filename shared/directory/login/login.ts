import { PamojaError } from '../../mapi/error.ts';
import type { Log } from '../../platform/log.ts';
import type { Account, Directory } from '../sources/directory.ts';
import { type CanonicalLogin, canonicalLogin } from './canonical-login.ts';
import type { LoginThrottle } from './login-throttle.ts';

export interface LoginContext {
  directory: Directory;
  throttle: LoginThrottle;
  log: Log;
}

/** The same for whatever is wrong: who exists is nobody's business. */
const WRONG = 'unknown user or wrong password';

/** Characters of what was given as a login that the log shows. */
const SHOWN = 255;

/** Longer ones are wrong: hashing one costs by its length. */
const MAX_PASSWORD = 1024;

/** Who comes from where, by which protocol. */
export interface Visit {
  /** As the client has given it; undefined for a token that says itself whose it is. */
  user: string | undefined;
  /** Address of the client. */
  from: string;
  /** The protocol. Those that are features the user must have (manual 8.7); sending mail is none, nor is Kopano's own protocol. */
  program: 'imap' | 'pop3' | 'smtp' | 'soap';
}

export interface LoginAttempt extends Visit {
  password: string;
}

/** Whose a bearer token is. `user`: for whom the client uses it. Throws LOGON_FAILED for one that is worth nothing. */
export type TokenCheck = (token: string, user: string | undefined) => Promise<Account>;

/** The way in with a password. Throws as {@link admit} does. */
export function logIn(
  context: LoginContext,
  { password, ...visit }: LoginAttempt & { user: string },
): Promise<Account> {
  return admit(context, visit, async (login) => {
    if (login === undefined || password.length > MAX_PASSWORD) throw new PamojaError('LOGON_FAILED', WRONG);
    return context.directory.authenticate(login, password);
  });
}

/**
 * The one way in, for every protocol: throttled by user and network, checked by `check`, which gets the login in its canonical form, written to
 * the security log (manual 7.3). Throws LOGON_FAILED, BUSY ({@link LoginDelayed}) when there have been too many wrong guesses, and NO_ACCESS
 * for somebody who is who they say and does not have the feature.
 */
export async function admit(
  context: LoginContext,
  { user, from, program }: Visit,
  check: (login: CanonicalLogin | undefined) => Promise<Account>,
): Promise<Account> {
  const { throttle, log } = context;
  const login = user === undefined ? undefined : canonicalLogin(user);
  const shown = (user ?? '').slice(0, SHOWN);
  const refused = (error: unknown): unknown => {
    if (PamojaError.is(error, 'LOGON_FAILED', 'NO_ACCESS', 'BUSY'))
      log.info({ audit: true }, `authenticate failed user='${shown}' from='${from}' program='${program}'`);
    return error;
  };
  // What nobody can have as a login is wrong without a look at anything.
  if (user !== undefined && login === undefined) throw refused(new PamojaError('LOGON_FAILED', WRONG));
  const guess = await throttle.reserve(login, from).catch((error: unknown) => {
    throw refused(error);
  });
  try {
    const account = await check(login);
    if (program !== 'smtp' && program !== 'soap' && !account.features.has(program))
      throw new PamojaError('NO_ACCESS', `${program.toUpperCase()} is not enabled for this user`);
    // Nobody waits for what is only written down.
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
