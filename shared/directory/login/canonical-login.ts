import { canonicalAddress } from '../entries/addresses.ts';

/** A login in the one form in which it is throttled, looked up and compared. */
export type CanonicalLogin = string & { readonly canonicalLogin: unique symbol };

/** What the column of logins holds, in characters. */
const MAX_LENGTH = 255;

/**
 * The canonical form of what somebody has given as a login; undefined for what no user can have as one. The database ignores blanks at the
 * end when it compares (PAD SPACE), so whoever counts by another form than this counts one user as many.
 */
export function canonicalLogin(given: string): CanonicalLogin | undefined {
  // What is far too long costs no normalisation either.
  if (given.length > 4 * MAX_LENGTH) return undefined;
  const login = canonicalAddress(given);
  if (login === '' || [...login].length > MAX_LENGTH || /\p{Cc}/u.test(login)) return undefined;
  return login as CanonicalLogin;
}
