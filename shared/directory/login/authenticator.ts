import type { ScramKeys } from '../../protocol/scram.ts';
import type { Account } from '../sources/directory-source.ts';

/** What a server needs for one SCRAM exchange (RFC 5802). */
export interface ScramChallenge {
  /** The keys of the user; for a user without keys, keys that no proof matches. */
  keys: ScramKeys;
  /**
   * The account, once the proof was right; undefined for an unknown or inactive user, one of a suspended tenant, and one whose account
   * has changed since the keys were read.
   */
  account: () => Promise<Account | undefined>;
}

/**
 * Checks the secret of a client: a password, a SCRAM proof or a token. An implementation has the methods for the secrets that it can check;
 * all of them throw NETWORK_ERROR when they cannot tell.
 */
export interface Authenticator {
  /**
   * The account of a login and its password. Undefined, and after the same time, for an unknown user, a wrong password, an inactive user
   * and one of a suspended tenant.
   */
  checkPassword?(login: string, password: string): Promise<Account | undefined>;
  /** Begins a SCRAM exchange; an unknown user gets the same keys each time. */
  scramChallenge?(login: string): Promise<ScramChallenge>;
  /** The account of a bearer token; `user`: the login that the client says the token is for. Undefined for an invalid token. */
  checkToken?(token: string, user: string | undefined): Promise<Account | undefined>;
}
