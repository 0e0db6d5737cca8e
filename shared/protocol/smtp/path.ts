const DOT_STRING = /^[^\s()<>[\]:;@\\,"\x00-\x1f\x7f]+$/;

/** Encodes an address for a path (RFC 5321 §4.1.2): a local part that is not a Dot-string is quoted. */
export function pathAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  if (at < 0 || (DOT_STRING.test(local) && !/^\.|\.\.|\.$/.test(local))) return address;
  return `"${local.replace(/["\\]/g, '\\$&')}"${address.slice(at)}`;
}

/** Whether an address is valid for sending: a local part and a domain or address literal, no control characters, RFC 5321's lengths. */
export function isSendable(address: string): boolean {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  const literal = /^\[(IPv6:[0-9a-f:.]+|\d{1,3}(\.\d{1,3}){3})\]$/i.test(domain);
  const name = /^(?!-)[^\s.@<>()[\]\\",;:\x00-\x1f\x7f]{1,63}(\.[^\s.@<>()[\]\\",;:\x00-\x1f\x7f]{1,63})*$/.test(
    domain,
  );
  return at > 0 && at <= 64 && domain.length <= 255 && (literal || name) && !/[\x00-\x1f\x7f]/.test(address);
}
