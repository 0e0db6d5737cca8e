import { describe, expect, it } from 'vitest';
import {
  checked,
  checkedPassword,
  featureName,
  fullName,
  groupName,
  loginName,
  mailAddress,
  tenantName,
} from '../../../../shared/directory/entries/entry-schemas.ts';

const KINDS = { loginName, mailAddress, fullName, groupName, tenantName, featureName };

const VALID: Record<keyof typeof KINDS, string[]> = {
  loginName: ['anna', 'anna@example.com', 'anna.van+den-berg_2@example.com', 'özil', '安娜', 'a%b@c', "o'brien"],
  mailAddress: [
    'a@b.test',
    'postmaster@localhost',
    "o'brien+x/y=z@example.com",
    'müller@xn--mller-kva.test',
    '安娜@example.xn--p1ai',
    'A@B.Test',
  ],
  fullName: ['Anna', 'The Boss, Ltd.', 'Şükran "S" O\'Neil', '👩‍💻 Ada', 'می‌خواهم', 'SYSTEM'],
  groupName: ['sales', 'Sales & Support', 'a@acme', '-'],
  tenantName: ['acme', 'acme.test', 'Müller & Söhne', 'x'],
  featureName: ['imap', 'mobile'],
};

const CONTROL = ['\0', '\r', '\n', '\t', '\x1b', '\x7f', '\x85', '\u2028', '\u202e', '\ud800'];

const INVALID: Record<keyof typeof KINDS, string[]> = {
  loginName: [
    '',
    ' ',
    'a b',
    'anna ',
    'a\u00a0b',
    'a\u200bb',
    '@evil.test',
    'anna@',
    'a@b@c',
    'a/b',
    'a:b',
    '"a"',
    'SYSTEM',
    'system',
    'Everyone',
    'x'.repeat(256),
    ...CONTROL.map((character) => `an${character}na`),
  ],
  mailAddress: [
    '',
    'anna',
    '@b.test',
    'a@',
    'a@b..test',
    'a..b@c.test',
    '.a@b.test',
    'a.@b.test',
    'a@-b.test',
    'a b@c.test',
    '<a@b.test>',
    'a@b.test,c@d.test',
    'a@[127.0.0.1]',
    `${'x'.repeat(65)}@b.test`,
    `${'ü'.repeat(33)}@b.test`,
    ...CONTROL.map((character) => `a${character}@b.test`),
  ],
  fullName: ['', ' ', 'x'.repeat(256), ...CONTROL.map((character) => `Anna${character}Bcc: x@evil.test`)],
  groupName: ['', ' ', ' a', 'a ', 'a/b', 'System', 'everyone', ...CONTROL.map((character) => `sa${character}les`)],
  tenantName: ['', ' a', 'a ', 'a/b', '../x', 'a@b', 'System', ...CONTROL.map((character) => `ac${character}me`)],
  featureName: ['', 'imap pop3', 'x'.repeat(33), 'a\n'],
};

describe.each(Object.keys(KINDS) as (keyof typeof KINDS)[])('%s', (kind) => {
  it.each(VALID[kind])('takes %j', (value) => {
    expect(checked(KINDS[kind], value)).toBe(value);
  });

  it.each(INVALID[kind])('refuses %j with BAD_VALUE and a reason', (value) => {
    expect(() => checked(KINDS[kind], value)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  });

  it('is read in a time that grows with its length alone', () => {
    const time = (length: number) => {
      const hard = [`${'a.'.repeat(length / 2)}@`, `${'a@'.repeat(length / 2)}`, `a${' '.repeat(length)}/`];
      const before = process.hrtime.bigint();
      for (const text of hard) for (let i = 0; i < 20; i++) KINDS[kind].safeParse(text);
      return Number(process.hrtime.bigint() - before);
    };
    time(2_000);
    expect(time(64_000) / Math.max(time(4_000), 100_000)).toBeLessThan(100);
  });
});

describe('a password', () => {
  const policy = { password_min_length: 8 };

  it('has as many characters as the policy says', () => {
    expect(checkedPassword(policy, '12345678')).toBe('12345678');
    expect(() => checkedPassword(policy, '1234567')).toThrow('at least 8 characters');
    // Characters as people count them: four of these are eight UTF-16 units.
    expect(() => checkedPassword(policy, '😀😀😀😀')).toThrow('at least 8 characters');
  });

  it.each(['', 'x', 'password\0', 'password\r\n', 'x'.repeat(201)])('is not %j', (value) => {
    expect(() => checkedPassword(policy, value)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  });
});
