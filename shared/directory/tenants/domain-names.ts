import { getPublicSuffix } from 'tldts';
import { PamojaError } from '../../mapi/error.ts';

// Which names can be the mail domain of a tenant, and how control of one is proved.

/** Special-use names, by their last label (RFC 6761, RFC 6762, RFC 7686, RFC 8375, ICANN's .internal). */
const SPECIAL_USE = new Set(['alt', 'arpa', 'example', 'internal', 'invalid', 'local', 'localhost', 'onion', 'test']);

/** RFC 2606 §3: reserved as whole domains. */
const EXAMPLES = ['example.com', 'example.net', 'example.org'];

/** Whether a domain equals another one or is a subdomain of it. */
export const isWithin = (domain: string, above: string): boolean => domain === above || domain.endsWith(`.${above}`);

/** The parent domains, nearest first: `b.c` and `c` for `a.b.c`. */
export function domainsAbove(domain: string): string[] {
  const labels = domain.split('.');
  return labels.slice(1).map((_, i) => labels.slice(i + 1).join('.'));
}

/**
 * Throws BAD_VALUE for a domain that no tenant can claim by itself: special-use names, public suffixes such as `co.uk`, and the
 * host of this deployment with everything above and below it. Only the provider can vouch for one of them.
 */
export function requireClaimable(domain: string, mailHost: string): void {
  const host = mailHost.toLowerCase();
  const last = domain.slice(domain.lastIndexOf('.') + 1);
  const reserved =
    SPECIAL_USE.has(last) ||
    // RFC 3696 §2: a top-level domain is not all digits; such a name is an IPv4 address.
    /^\d+$/.test(last) ||
    EXAMPLES.some((example) => isWithin(domain, example)) ||
    getPublicSuffix(domain, { allowPrivateDomains: true }) === domain ||
    isWithin(domain, host) ||
    isWithin(host, domain);
  if (reserved) throw new PamojaError('BAD_VALUE', `${domain} is reserved: only the provider can add it`);
}

/** The name of the TXT record that proves control of a domain. The underscore keeps it apart from host names that others may register. */
export const challengeName = (domain: string): string => `_pamoja-challenge.${domain}`;

/** The value of that record. */
export const challengeValue = (token: string): string => `pamoja-verification=${token}`;
