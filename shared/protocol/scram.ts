import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';

// SCRAM-SHA-256 (RFC 5802, RFC 7677), the server's side. Random bytes are parameters.

const derive = (password: string, salt: Buffer, iterations: number): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    pbkdf2(password, salt, iterations, 32, 'sha256', (error, key) => (error ? reject(error) : resolve(key))),
  );

/** RFC 7677 §4 requires at least 4,096. */
const ITERATIONS = 10_000;

/** The keys that a server stores for a password: sufficient to verify a proof, not to make one. */
export interface ScramKeys {
  iterations: number;
  salt: Buffer;
  storedKey: Buffer;
  serverKey: Buffer;
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text, 'utf8').digest();
const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

/** A reduced SASLprep (RFC 4013): NFKC, with no-break spaces as spaces. */
const prepared = (password: string): string => password.replace(/[\u00a0\u2000-\u200a\u3000]/g, ' ').normalize('NFKC');

export async function makeScramKeys(
  password: string,
  salt = randomBytes(16),
  iterations = ITERATIONS,
): Promise<ScramKeys> {
  const salted = await derive(prepared(password), salt, iterations);
  return {
    iterations,
    salt,
    storedKey: sha256(hmac(salted, 'Client Key')),
    serverKey: hmac(salted, 'Server Key'),
  };
}

/** Encodes keys as one line of text; {@link decodeScramKeys} gives undefined for other text. */
export const encodeScramKeys = ({ iterations, salt, storedKey, serverKey }: ScramKeys): string =>
  [iterations, ...[salt, storedKey, serverKey].map((bytes) => bytes.toString('base64'))].join(':');

export function decodeScramKeys(text: string): ScramKeys | undefined {
  const [iterations, ...keys] = text.split(':');
  const [salt, storedKey, serverKey] = keys.map((key) => Buffer.from(key, 'base64'));
  if (!salt || storedKey?.length !== 32 || serverKey?.length !== 32) return undefined;
  return { iterations: Number(iterations), salt, storedKey, serverKey };
}

/** Keys for an unknown user: the same each time and matching no password, so that user names cannot be enumerated (RFC 5802 §5.1). */
export function pretendedKeys(secret: Buffer, user: string): ScramKeys {
  const part = (what: string) => hmac(secret, `${what}\0${user}`);
  return {
    iterations: ITERATIONS,
    salt: part('salt').subarray(0, 16),
    storedKey: part('stored'),
    serverKey: part('server'),
  };
}

/** The client-first message. */
export interface ClientFirst {
  user: string;
  nonce: string;
  /** The GS2 header, which the client-final message repeats. */
  header: string;
  bare: string;
}

/** Parses a client-first message; undefined if it is malformed, requires channel binding or has another authorization identity. */
export function readClientFirst(text: string): ClientFirst | undefined {
  const match = /^([ny],(?:a=([^,]*))?,)(n=([^,]*),r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/s.exec(text);
  if (!match) return undefined;
  const [, header = '', authorize, bare = '', name = '', nonce = ''] = match;
  const user = unescapeName(name);
  if (user === undefined || (authorize && unescapeName(authorize) !== user)) return undefined;
  return { user, nonce, header, bare };
}

/** Decodes `=2C` as a comma and `=3D` as an equals sign; any other `=` is an error. */
function unescapeName(name: string): string | undefined {
  if (/=(?!2C|3D)/.test(name)) return undefined;
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

/** The server-first message. `nonce` is the client's nonce followed by random printable characters. */
export const serverFirst = ({ salt, iterations }: ScramKeys, nonce: string): string =>
  `r=${nonce},s=${salt.toString('base64')},i=${iterations}`;

/** Verifies the client-final message; gives the server's signature (`v=...`), or undefined if the proof is wrong. */
export function checkClientFinal(
  keys: ScramKeys,
  first: ClientFirst,
  answer: string,
  nonce: string,
  text: string,
): string | undefined {
  const match = /^(c=([^,]*),r=([^,]*)(?:,[^p][^,]*)*),p=([A-Za-z0-9+/=]+)$/s.exec(text);
  if (!match) return undefined;
  const [, withoutProof = '', binding = '', repeated, proof = ''] = match;
  if (repeated !== nonce || Buffer.from(binding, 'base64').toString('utf8') !== first.header) return undefined;
  const message = `${first.bare},${answer},${withoutProof}`;
  const signature = hmac(keys.storedKey, message);
  const given = Buffer.from(proof, 'base64');
  if (given.length !== signature.length) return undefined;
  const clientKey = Buffer.from(given.map((byte, i) => byte ^ (signature[i] ?? 0)));
  if (!timingSafeEqual(sha256(clientKey), keys.storedKey)) return undefined;
  return `v=${hmac(keys.serverKey, message).toString('base64')}`;
}
