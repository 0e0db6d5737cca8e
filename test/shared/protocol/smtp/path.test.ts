import { describe, expect, it } from 'vitest';
import { isSendable, pathAddress } from '../../../../shared/protocol/smtp/path.ts';

describe('addresses in paths (RFC 5321 §4.1.2)', () => {
  it.each([
    ['a.b@c.test', 'a.b@c.test'],
    ['a b@c.test', '"a b"@c.test'],
    ['a..b@c.test', '"a..b"@c.test'],
    ['a"b@c.test', '"a\\"b"@c.test'],
    ['ü@c.test', 'ü@c.test'],
    ['', ''],
  ])('%s is written as %s', (address, path) => expect(pathAddress(address)).toBe(path));

  it.each(['a@b', 'a@b.test', 'a b@c.test', 'a@[127.0.0.1]', 'a@[IPv6:::1]', 'ü@münchen.test'])(
    '%s can be sent to',
    (address) => expect(isSendable(address)).toBe(true),
  );

  it.each([
    '',
    'a',
    '@b.test',
    'a@',
    'a@b..test',
    'a@-b.test',
    'a@b test',
    'a@[x]',
    'a\r\n@b.test',
    `${'x'.repeat(65)}@b.test`,
    'a@b.test\r\nRCPT TO:<c@d.test>',
  ])('%j cannot', (address) => expect(isSendable(address)).toBe(false));
});
