import { argon2, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Options } from '../../platform/options.ts';
import { encodeScramKeys, makeScramKeys } from '../../protocol/scram.ts';
import { checkedPassword, type Password } from '../entries/entry-schemas.ts';

const deriveKey = promisify(argon2);

/** OWASP's second choice for argon2id: 19 MiB, two passes, one lane. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
const KEY_BYTES = 32;

/** What is kept of a password. */
export interface StoredPassword {
  /** argon2id, as a PHC string that carries its own parameters. */
  hash: string;
  /** Keys of SCRAM-SHA-256. */
  scram: string;
}

/** Makes what is kept of somebody's new password. Throws BAD_VALUE for one that does not fit the policy. */
export const newPassword = (policy: Pick<Options, 'password_min_length'>, password: string): Promise<StoredPassword> =>
  hashPassword(checkedPassword(policy, password));

/** Of who does not log in: a password that is thrown away can never be typed. */
export const unknownPassword = (): Promise<StoredPassword> => hashPassword(randomUUID() as string as Password);

/** Makes what is kept of a password. */
export async function hashPassword(password: Password): Promise<StoredPassword> {
  const [hash, keys] = await Promise.all([hashArgon2(password), makeScramKeys(password)]);
  return { hash, scram: encodeScramKeys(keys) };
}

async function hashArgon2(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, MEMORY_KIB, PASSES, LANES, KEY_BYTES);
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${base64(salt)}$${base64(key)}`;
}

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Whether a password is the one that was hashed. Compares in constant time; false for a hash of another form. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const match = PHC.exec(hash);
  if (!match) return false;
  const [, memory = '', passes = '', lanes = '', salt = '', key = ''] = match;
  const expected = Buffer.from(key, 'base64');
  const actual = await derive(
    password,
    Buffer.from(salt, 'base64'),
    Number(memory),
    Number(passes),
    Number(lanes),
    expected.length,
  );
  return timingSafeEqual(actual, expected);
}

/** Takes as long as verifying a real password, so that an unknown user cannot be told from a wrong password. */
export async function verifyNothing(password: string): Promise<false> {
  await derive(password, Buffer.alloc(16), MEMORY_KIB, PASSES, LANES, KEY_BYTES);
  return false;
}

async function derive(
  password: string,
  nonce: Buffer,
  memory: number,
  passes: number,
  parallelism: number,
  tagLength: number,
): Promise<Buffer> {
  return deriveKey('argon2id', {
    message: Buffer.from(password, 'utf8'),
    nonce,
    memory,
    passes,
    parallelism,
    tagLength,
  });
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
