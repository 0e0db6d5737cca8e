import { createHmac, randomBytes } from 'node:crypto';
import { BoundedMap } from '../../platform/bounded-map.ts';
import type { Clock } from '../../platform/clock.ts';
import { verifyPassword } from './passwords.ts';

/** Whether a password matches a hash. */
export type VerifyPassword = (password: string, hash: string) => Promise<boolean>;

const LIFETIME_MS = 5 * 60_000;
const MAX_ENTRIES = 20_000;

/**
 * Verifies passwords, and caches for five minutes which were right: mail clients log on again and again, and a hash that is
 * slow to guess is as slow to verify. The cache holds HMACs under a key of this process, which cover the stored hash as well, so
 * that a changed password takes effect at once. Wrong passwords are not cached and always take their full time.
 */
export function cachedVerify(clock: Clock, verify: VerifyPassword = verifyPassword): VerifyPassword {
  const key = randomBytes(32);
  const until = new BoundedMap<string, number>(MAX_ENTRIES);
  return async (password, hash) => {
    const entry = createHmac('sha256', key).update(`${hash}\0${password}`).digest('base64');
    if ((until.get(entry) ?? 0) > clock()) return true;
    until.delete(entry);
    if (!(await verify(password, hash))) return false;
    until.set(entry, clock() + LIFETIME_MS);
    return true;
  };
}
