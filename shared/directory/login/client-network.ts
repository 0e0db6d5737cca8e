import { isIP } from 'node:net';

/**
 * The network that an address is of, for counting guesses: /24 of IPv4 and /64 of IPv6, which is what one customer gets. An IPv4 address
 * within IPv6 (RFC 4291 §2.5.5.2) is of its IPv4 network; what is no address (a local socket) stands for itself.
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

/** The first four groups of an IPv6 address, whatever it leaves out (RFC 4291 §2.2). */
function firstGroups(address: string): string[] {
  const [before = '', after] = address.split('::');
  const left = before === '' ? [] : before.split(':');
  const right = after === undefined || after === '' ? [] : after.split(':');
  // A dotted ending stands for two groups.
  const length = (groups: readonly string[]) => groups.length + (groups.at(-1)?.includes('.') ? 1 : 0);
  const missing = after === undefined ? 0 : 8 - length(left) - length(right);
  return [...left, ...Array.from({ length: Math.max(missing, 0) }, () => '0'), ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16));
}
