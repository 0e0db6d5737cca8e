import { type Address, isGroup, type Mailbox, parseAddressList } from '../../mime/address-list.ts';
import { firstField, type HeaderField } from '../../mime/header-fields.ts';
import { encodeNString, encodeString } from './strings.ts';

/** The ENVELOPE of a message in wire format (RFC 3501 §7.4.2), latin1 characters. */
export function encodeEnvelope(fields: readonly HeaderField[]): string {
  const text = (name: string) => encodeNString(firstField(fields, name));
  const from = addressList(fields, 'from');
  const orFrom = (name: string) => {
    // RFC 3501 §7.4.2: an absent or empty Sender or Reply-To is From.
    const list = addressList(fields, name);
    return list === 'NIL' ? from : list;
  };
  const lists = [
    from,
    orFrom('sender'),
    orFrom('reply-to'),
    addressList(fields, 'to'),
    addressList(fields, 'cc'),
    addressList(fields, 'bcc'),
  ];
  return `(${text('date')} ${text('subject')} ${lists.join(' ')} ${text('in-reply-to')} ${text('message-id')})`;
}

function addressList(fields: readonly HeaderField[], name: string): string {
  const values = fields.filter((field) => field.name === name).map((field) => field.value);
  const encoded = values.flatMap(parseAddressList).map(encodeAddress).join('');
  return encoded === '' ? 'NIL' : `(${encoded})`;
}

function encodeAddress(address: Address): string {
  if (!isGroup(address)) return mailbox(address);
  // RFC 3501 §7.4.2: a group is its name with a NIL host, its members, and an all-NIL address.
  return `(NIL NIL ${encodeString(address.group)} NIL)${address.members.map(mailbox).join('')}(NIL NIL NIL NIL)`;
}

/** RFC 3501 §7.4.2: a NIL mailbox or host marks a group, so missing parts of an address are empty strings. */
const mailbox = ({ name, route, local, domain }: Mailbox): string =>
  `(${encodeNString(name)} ${encodeNString(route)} ${encodeString(local)} ${encodeString(domain)})`;
