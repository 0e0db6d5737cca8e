import { describe, expect, it } from 'vitest';
import type { Password } from '../../../../shared/directory/entries/entry-schemas.ts';
import { cachedVerify } from '../../../../shared/directory/login/password-cache.ts';
import { hashPassword, verifyPassword } from '../../../../shared/directory/login/passwords.ts';

describe('passwords', () => {
  it('are argon2id, salted, and found right or wrong', async () => {
    const { hash } = await hashPassword('sécret' as Password);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(hash).not.toBe((await hashPassword('sécret' as Password)).hash);
    expect(await verifyPassword('sécret', hash)).toBe(true);
    expect(await verifyPassword('secret', hash)).toBe(false);
    expect(await verifyPassword('sécret', 'plain')).toBe(false);
  });

  it('that were right are right again without being checked, for five minutes and for the same hash alone', async () => {
    let now = 0;
    const checked: string[] = [];
    const verify = cachedVerify(
      () => now,
      async (password, hash) => {
        checked.push(`${password} ${hash}`);
        return password === 'right';
      },
    );
    expect([await verify('wrong', 'h'), await verify('wrong', 'h')]).toEqual([false, false]);
    expect([await verify('right', 'h'), await verify('right', 'h')]).toEqual([true, true]);
    expect(await verify('right', 'changed')).toBe(true);
    now = 5 * 60_000;
    expect(await verify('right', 'h')).toBe(true);
    expect(checked).toEqual(['wrong h', 'wrong h', 'right h', 'right changed', 'right h']);
  });
});
