import { canonicalAddress } from '../entries/addresses.ts';

/** A login in the canonical form in which it is throttled, looked up and compared. */
export type CanonicalLogin = string & { readonly canonicalLogin: unique symbol };

/** Length of the column of logins, in characters. */
const MAX_LENGTH = 255;

/**
 * The canonical form of a login that a client has given; undefined for a text that cannot be a login. The database ignores trailing blanks
 * when it compares (PAD SPACE), so that counting guesses by another form would count one user as many.
 */
export function canonicalLogin(given: string): CanonicalLogin | undefined {
  // A text that is far too long is not normalised either.
  if (given.length > 4 * MAX_LENGTH) return undefined;
  const login = canonicalAddress(given);
  if (login === '' || [...login].length > MAX_LENGTH || /\p{Cc}/u.test(login)) return undefined;
  return login as CanonicalLogin;
}
