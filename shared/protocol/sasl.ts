/** The content of a SASL PLAIN response (RFC 4616). */
export type PlainResponse =
  | { kind: 'credentials'; user: string; password: string }
  /** The response is malformed. */
  | { kind: 'malformed' }
  /** The response has another authorization identity, which a password login may not use. */
  | { kind: 'other-user' };

/** Reads a response whose base64 is decoded. */
export function readPlain(response: string): PlainResponse {
  const [authorize, user, password, ...more] = response.split('\0');
  if (!user || password === undefined || more.length > 0) return { kind: 'malformed' };
  if (authorize && authorize !== user) return { kind: 'other-user' };
  return { kind: 'credentials', user, password };
}

/** A bearer token, and the authorization identity if the client sends one. */
export interface BearerResponse {
  user: string | undefined;
  token: string;
}

/** Reads the response of OAUTHBEARER (RFC 7628 §3.1); undefined if it is malformed. */
export function readOAuthBearer(response: string): BearerResponse | undefined {
  const match = /^[ny],(?:a=([^,]*))?,\x01((?:[^\x01]+\x01)+)\x01$/.exec(response);
  return match ? bearerOf(match[1]?.replaceAll('=2C', ',').replaceAll('=3D', '='), match[2]) : undefined;
}

/** Reads the response of XOAUTH2, the predecessor of RFC 7628; undefined if it is malformed. */
export function readXOAuth2(response: string): BearerResponse | undefined {
  const match = /^user=([^\x01]*)\x01((?:[^\x01]+\x01)+)\x01$/.exec(response);
  return match ? bearerOf(match[1], match[2]) : undefined;
}

function bearerOf(user: string | undefined, pairs = ''): BearerResponse | undefined {
  const token = /(?:^|\x01)auth=bearer +([A-Za-z0-9\-._~+/]+=*)\x01/i.exec(pairs)?.[1];
  return token === undefined ? undefined : { user: user || undefined, token };
}
