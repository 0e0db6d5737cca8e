import { describe, expect, it } from 'vitest';
import { hashPassword, verifyPassword } from '../../../shared/directory/passwords.ts';

describe('passwords', () => {
  it('are argon2id, salted, and found right or wrong', async () => {
    const hash = await hashPassword('sécret');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(hash).not.toBe(await hashPassword('sécret'));
    expect(await verifyPassword('sécret', hash)).toBe(true);
    expect(await verifyPassword('secret', hash)).toBe(false);
    expect(await verifyPassword('sécret', 'plain')).toBe(false);
  });
});
