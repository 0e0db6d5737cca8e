import { describe, expect, it } from 'vitest';
import { canonicalLogin } from '../../../../shared/directory/login/canonical-login.ts';
import { networkOf } from '../../../../shared/directory/login/client-network.ts';

describe('a login', () => {
  it('has one form, however it is written', () => {
    for (const given of ['ann@a.test', ' Ann@A.test', 'ann@a.test   ', '\tANN@a.test\r\n', 'ann@a.test\u00a0'])
      expect(canonicalLogin(given)).toBe('ann@a.test');
    expect(canonicalLogin('zoe\u0308')).toBe(canonicalLogin('ZO\u00cb'));
  });
  it('does not exist for a login that is empty, too long, or has control characters', () => {
    for (const given of ['', '   ', ' '.repeat(2100), 'a'.repeat(256), 'a'.repeat(10_000_000), 'a\0b', 'a\r\nb'])
      expect(canonicalLogin(given)).toBeUndefined();
    expect(canonicalLogin('a'.repeat(255))).toBe('a'.repeat(255));
  });
});

describe('the network of an address', () => {
  it.each([
    ['192.0.2.17', '192.0.2.0/24'],
    ['::ffff:192.0.2.17', '192.0.2.0/24'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:DB8:0:0:ffff::1', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['local', 'local'],
  ])('%s is of %s', (address, network) => expect(networkOf(address)).toBe(network));
});
