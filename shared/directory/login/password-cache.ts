import { createHmac, randomBytes } from 'node:crypto';
import { BoundedMap } from '../../platform/bounded-map.ts';
import type { Clock } from '../../platform/clock.ts';
import { verifyPassword } from './passwords.ts';

/** Whether a password is the one that was hashed. */
export type VerifyPassword = (password: string, hash: string) => Promise<boolean>;

const LIFETIME_MS = 5 * 60_000;
const MAX_ENTRIES = 20_000;

/**
 * Verifies passwords, and remembers for five minutes which were right: clients log on again and again, and a hash that is
 * slow to guess is as slow to check. What is kept is an HMAC under a key of this process; it has the stored hash in it, so
 * that a changed password counts at once. A wrong password is never remembered and always costs its full time.
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
