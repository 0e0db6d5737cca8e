import { mailboxesOf, parseAddressList } from '../../mime/address-list.ts';
import { decodeHeaderText } from '../../mime/encoded-words.ts';

/** Address fields that SEARCH compares as in the envelope (RFC 3501 §6.4.4): without comments, quotes and white space. */
export const ADDRESS_FIELDS: ReadonlySet<string> = new Set(['from', 'to', 'cc', 'bcc']);

/** Whether an address field may contain comments, quotes or folding within addresses. */
export const hidesAddresses = (value: string): boolean => /[(\\]|\s@|@\s/.test(value);

/** The addresses of a field as `name <local@domain>`, without comments and folding; `value` is latin1 characters as in the header. */
export const plainAddresses = (value: string): string =>
  mailboxesOf(parseAddressList(value))
    .map(({ name, local, domain }) => {
      const address = domain === '' ? local : `${local}@${domain}`;
      return name === undefined ? address : `${decodeHeaderText(name)} <${address}>`;
    })
    .join(', ');
