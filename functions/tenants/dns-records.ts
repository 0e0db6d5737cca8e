import type { DkimKey } from '../../shared/directory/tenants/dkim-keys.ts';
import { challengeName, challengeValue } from '../../shared/directory/tenants/domain-names.ts';

/** A record that the owner of a domain must publish. */
export interface DnsRecord {
  type: 'MX' | 'TXT' | 'CNAME' | 'SRV';
  name: string;
  value: string;
  purpose: string;
}

/** The record with the token that proves control of a domain. */
export const challengeRecord = (domain: string, token: string): DnsRecord => ({
  type: 'TXT',
  name: challengeName(domain),
  value: challengeValue(token),
  purpose: 'proves that you control the domain; no mail is accepted for it before',
});

/** The records of a domain whose mail comes to and goes out from `mailHost`. */
export function dnsRecords(domain: string, mailHost: string, dkim: DkimKey | undefined): DnsRecord[] {
  return [
    { type: 'MX', name: domain, value: `10 ${mailHost}.`, purpose: 'incoming mail' },
    { type: 'TXT', name: domain, value: `v=spf1 mx a:${mailHost} -all`, purpose: 'SPF (RFC 7208)' },
    ...(dkim
      ? [
          {
            type: 'TXT' as const,
            name: `${dkim.selector}._domainkey.${domain}`,
            value: `v=DKIM1; k=rsa; p=${dkim.publicKey}`,
            purpose: 'DKIM (RFC 6376)',
          },
        ]
      : []),
    {
      type: 'TXT',
      name: `_dmarc.${domain}`,
      value: `v=DMARC1; p=quarantine; rua=mailto:postmaster@${domain}`,
      purpose: 'DMARC (RFC 7489)',
    },
    {
      type: 'TXT',
      name: `_mta-sts.${domain}`,
      value: 'v=STSv1; id=1',
      purpose: 'MTA-STS (RFC 8461); the policy is served at mta-sts',
    },
    { type: 'CNAME', name: `mta-sts.${domain}`, value: `${mailHost}.`, purpose: 'MTA-STS policy' },
    {
      type: 'TXT',
      name: `_smtp._tls.${domain}`,
      value: `v=TLSRPTv1; rua=mailto:postmaster@${domain}`,
      purpose: 'TLS reports (RFC 8460)',
    },
    { type: 'CNAME', name: `autodiscover.${domain}`, value: `${mailHost}.`, purpose: 'ActiveSync and Outlook clients' },
    { type: 'SRV', name: `_imaps._tcp.${domain}`, value: `0 1 993 ${mailHost}.`, purpose: 'mail clients (RFC 6186)' },
  ];
}
