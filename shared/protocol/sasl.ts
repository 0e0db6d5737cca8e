/** What a SASL PLAIN response says (RFC 4616). */
export type PlainResponse =
  | { kind: 'credentials'; user: string; password: string }
  /** It is none. */
  | { kind: 'malformed' }
  /** It asks to act for somebody else, which nobody may by a password. */
  | { kind: 'other-user' };

/** Reads a response, decoded from its base64. */
export function readPlain(response: string): PlainResponse {
  const [authorize, user, password, ...more] = response.split('\0');
  if (!user || password === undefined || more.length > 0) return { kind: 'malformed' };
  if (authorize && authorize !== user) return { kind: 'other-user' };
  return { kind: 'credentials', user, password };
}
