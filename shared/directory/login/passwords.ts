import { argon2, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Options } from '../../platform/options.ts';
import { encodeScramKeys, makeScramKeys } from '../../protocol/scram.ts';
import { checkedPassword, type Password } from '../entries/entry-schemas.ts';

const deriveKey = promisify(argon2);

/** Parameters of argon2id: `memory` in KiB, `tagLength` in bytes. */
type Argon2Parameters = Record<'memory' | 'passes' | 'parallelism' | 'tagLength', number>;

/** OWASP's second choice for argon2id: 19 MiB, two passes, one lane. */
const ARGON2: Argon2Parameters = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 };

/** What the database stores of a password. */
export interface StoredPassword {
  /** argon2id, as a PHC string that carries its own parameters. */
  hash: string;
  /** Keys of SCRAM-SHA-256. */
  scram: string;
}

/** Hashes a user's new password. Throws BAD_VALUE for one that does not meet the policy. */
export const newPassword = (policy: Pick<Options, 'password_min_length'>, password: string): Promise<StoredPassword> =>
  hashPassword(checkedPassword(policy, password));

/** The hash of a random password that nobody knows, for users who do not log in. */
export const unknownPassword = (): Promise<StoredPassword> => hashPassword(randomUUID() as string as Password);

/** Hashes a password that has passed the policy. */
export async function hashPassword(password: Password): Promise<StoredPassword> {
  const [hash, keys] = await Promise.all([hashArgon2(password), makeScramKeys(password)]);
  return { hash, scram: encodeScramKeys(keys) };
}

async function hashArgon2(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, ARGON2);
  const { memory, passes, parallelism } = ARGON2;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(key)}`;
}

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Whether a password matches a hash. Compares in constant time; false for a hash that is not argon2id's. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const match = PHC.exec(hash);
  if (!match) return false;
  const [, memory = '', passes = '', lanes = '', salt = '', key = ''] = match;
  const expected = Buffer.from(key, 'base64');
  const actual = await derive(password, Buffer.from(salt, 'base64'), {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(lanes),
    tagLength: expected.length,
  });
  return timingSafeEqual(actual, expected);
}

/** Takes as long as verifying a real password, so that an unknown user cannot be told from a wrong password. */
export async function verifyNothing(password: string): Promise<false> {
  await derive(password, Buffer.alloc(16), ARGON2);
  return false;
}

const derive = (password: string, nonce: Buffer, parameters: Argon2Parameters): Promise<Buffer> =>
  deriveKey('argon2id', { message: Buffer.from(password, 'utf8'), nonce, ...parameters });

const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
