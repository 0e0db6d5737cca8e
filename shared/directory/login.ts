import { KopanoError } from '../mapi/error.ts';
import type { Log } from '../platform/log.ts';
import type { Account, Directory } from './directory.ts';
import type { LoginThrottle } from './login-throttle.ts';

export interface LoginContext {
  directory: Directory;
  throttle: LoginThrottle;
  log: Log;
}

/** Who comes from where, by which protocol. */
export interface Visit {
  user: string;
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
export function logIn(context: LoginContext, { password, ...visit }: LoginAttempt): Promise<Account> {
  return admit(context, visit, () => context.directory.authenticate(visit.user, password));
}

/**
 * The one way in, for every protocol: throttled by user and address, checked by `check`, written to the security log
 * (manual 7.3). Throws LOGON_FAILED, and NO_ACCESS for somebody who is who they say and does not have the feature.
 */
export async function admit(
  context: LoginContext,
  { user, from, program }: Visit,
  check: () => Promise<Account>,
): Promise<Account> {
  const { throttle, log } = context;
  const away = (error: unknown) => log.warn({ error: String(error) }, 'the login throttle is away');
  // A throttle that is away keeps nobody out: the password is still asked for.
  const allowed = await throttle.allows(user, from).catch((error: unknown) => {
    away(error);
    return true;
  });
  if (!allowed) throw new KopanoError('LOGON_FAILED', 'too many failed logins; wait some minutes');
  try {
    const account = await check();
    if (program !== 'smtp' && program !== 'soap' && !account.features.has(program))
      throw new KopanoError('NO_ACCESS', `${program.toUpperCase()} is not enabled for this user`);
    log.info(
      { audit: true },
      `authenticate ok user='${user}' from='${from}' method='User supplied password' program='${program}'`,
    );
    return account;
  } catch (error) {
    if (KopanoError.is(error, 'LOGON_FAILED', 'NO_ACCESS')) {
      log.info({ audit: true }, `authenticate failed user='${user}' from='${from}' program='${program}'`);
      await throttle.failed(user, from).catch(away);
    }
    throw error;
  }
}
