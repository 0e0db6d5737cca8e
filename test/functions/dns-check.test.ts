import { describe, expect, it } from 'vitest';
import { checkRecords, type Dns } from '../../functions/tenants/dns-check.ts';
import { dnsRecords } from '../../functions/tenants/dns-records.ts';

const KEY = { domain: 'acme.test', selector: 'k202611', privateKey: '', publicKey: 'QUJD' };
const records = dnsRecords('acme.test', 'mail.test', KEY);

const absent = async (): Promise<never> => {
  throw Object.assign(new Error('absent'), { code: 'ENOTFOUND' });
};

/** A resolver with the given answers by name. */
const dns = (published: Record<string, unknown[]>): Dns => {
  const answer = (name: string): Promise<unknown[] | undefined> =>
    name in published ? Promise.resolve(published[name]) : absent();
  return { resolveMx: answer, resolveTxt: answer, resolveCname: answer, resolveSrv: answer } as unknown as Dns;
};

const verdicts = async (published: Record<string, unknown[]>) =>
  Object.fromEntries(
    (await checkRecords(records, dns(published))).map(({ type, name, published: verdict }) => [
      `${type} ${name}`,
      verdict,
    ]),
  );

describe('the check of published records', () => {
  it('accepts correctly published records, however DNS has split and cased them', async () => {
    const found = await verdicts({
      'acme.test': [{ priority: 10, exchange: 'MAIL.test' }],
      'k202611._domainkey.acme.test': [['v=DKIM1; k=rsa; ', 'p=QUJD']],
      'autodiscover.acme.test': ['mail.test'],
      '_imaps._tcp.acme.test': [{ priority: 0, weight: 1, port: 993, name: 'mail.test' }],
    });
    expect(found).toMatchObject({
      'MX acme.test': 'yes',
      'TXT k202611._domainkey.acme.test': 'yes',
      'CNAME autodiscover.acme.test': 'yes',
      'SRV _imaps._tcp.acme.test': 'yes',
      'TXT _dmarc.acme.test': 'no',
    });
  });

  it('tells something else from nothing, and a TXT of another kind is nothing', async () => {
    expect(
      await verdicts({ 'acme.test': [['google-site-verification=x']], '_dmarc.acme.test': [['v=DMARC1; p=none']] }),
    ).toMatchObject({ 'TXT acme.test': 'no', 'TXT _dmarc.acme.test': 'other' });
  });

  it('says that it does not know when the lookup fails', async () => {
    const failing = async () => {
      throw Object.assign(new Error('time-out'), { code: 'ETIMEOUT' });
    };
    const broken = { resolveMx: failing, resolveTxt: failing, resolveCname: failing, resolveSrv: failing };
    const checked = await checkRecords(records, broken as unknown as Dns);
    expect(new Set(checked.map(({ published }) => published))).toEqual(new Set(['unknown']));
  });
});
