/** The canonical form in which addresses are stored and compared: all in lower case, as Kopano does. */
export const canonicalAddress = (address: string): string => address.trim().toLowerCase().normalize('NFC');

export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

/** `user+detail@domain` without its detail; undefined for an address without one (RFC 5233). */
export function withoutDetail(address: string): string | undefined {
  const at = address.lastIndexOf('@');
  const plus = address.indexOf('+');
  return plus > 0 && plus < at ? address.slice(0, plus) + address.slice(at) : undefined;
}
