import { isIP } from 'node:net';

/**
 * The network of an address, for counting guesses: /24 for IPv4, and /64 for IPv6, the size that one customer gets. An IPv4 address
 * mapped into IPv6 (RFC 4291 §2.5.5.2) belongs to its IPv4 network; a text that is not an address (a local socket) is returned as it is.
 */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  switch (isIP(plain)) {
    case 4:
      return `${plain.split('.').slice(0, 3).join('.')}.0/24`;
    case 6:
      return `${firstGroups(plain).join(':')}::/64`;
    default:
      return plain.slice(0, 100);
  }
}

/** The first four groups of an IPv6 address, with the zeros that `::` leaves out (RFC 4291 §2.2). */
function firstGroups(address: string): string[] {
  const [before = '', after] = address.split('::');
  const left = before === '' ? [] : before.split(':');
  const right = after === undefined || after === '' ? [] : after.split(':');
  // An IPv4 address at the end takes the place of two groups.
  const length = (groups: readonly string[]) => groups.length + (groups.at(-1)?.includes('.') ? 1 : 0);
  const missing = after === undefined ? 0 : 8 - length(left) - length(right);
  return [...left, ...Array.from({ length: Math.max(missing, 0) }, () => '0'), ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16));
}
