import { describe, expect, it } from 'vitest';
import { challengeName, domainsAbove, requireClaimable } from '../../../../shared/directory/tenants/domain-names.ts';

describe('names that can be a mail domain', () => {
  it.each(['acme.com', 'mail.acme.co.uk', 'xn--mller-kva.de', 'provider.net', 'example.com.au'])(
    '%s can be claimed',
    (name) => {
      expect(() => requireClaimable(name, 'mail.cloud.net')).not.toThrow();
    },
  );

  it.each([
    ['a public suffix', 'co.uk'],
    ['a suffix that its owner gives out names below', 'github.io'],
    ['a special-use name', 'acme.test'],
    ['a special-use name', 'mail.localhost'],
    ['a special-use name', 'host.home.arpa'],
    ['an address', '192.0.2.1'],
    ['an example', 'sub.example.org'],
    ['our own mail host', 'mail.cloud.net'],
    ['what is above our mail host', 'cloud.net'],
    ['what is below our mail host', 'x.mail.cloud.net'],
  ])('%s is reserved: %s', (_, name) => {
    expect(() => requireClaimable(name, 'Mail.Cloud.net')).toThrow(/reserved/);
  });

  it('has the proof at a name that no host can have', () => {
    expect(challengeName('acme.com')).toBe('_pamoja-challenge.acme.com');
    expect(domainsAbove('a.b.c')).toEqual(['b.c', 'c']);
  });
});
