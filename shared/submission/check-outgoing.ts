import { canonicalAddress, withoutDetail } from '../directory/entries/addresses.ts';
import type { Sender } from '../directory/sources/directory-source.ts';
import { PamojaError } from '../mapi/error.ts';
import { type Author, readAuthors } from '../mime/author-fields.ts';
import { parseHeaderFields } from '../mime/header-fields.ts';
import { isSendable } from '../protocol/smtp/path.ts';
import type { MessageContent } from '../store/messages/message-content.ts';
import { outgoingContent } from './outgoing-content.ts';

/** Whom a message is from and whom it goes to. */
export interface OutgoingEnvelope {
  /** Empty: the null path. */
  sender: string;
  recipients: readonly string[];
}

/** A user, by the addresses that they may send from. */
type Addresses = Pick<Sender, 'addresses'>;

/** Whether a user may send from an address: an own one, an alias, with a detail or without, or that of somebody who allows it. */
export function maySendFrom({ addresses }: Addresses, address: string): boolean {
  // What stands behind the plus may be anything, but it ends no line of an envelope or a header.
  if (/[\x00-\x1f\x7f]/.test(address)) return false;
  const canonical = canonicalAddress(address);
  return addresses.has(canonical) || addresses.has(withoutDetail(canonical) ?? '');
}

declare const CHECKED: unique symbol;

/** An envelope that was checked together with its message. Only {@link checkOutgoing} makes one, and nothing is submitted without. */
export type CheckedEnvelope = OutgoingEnvelope & { readonly [CHECKED]: true };

/**
 * The gate that all mail of users passes, by whatever protocol it came. Looks at the bytes that will leave (RFC 6409 §6.1). Throws NO_ACCESS
 * for an address that is not the sender's, TOO_BIG for a header beyond `maxHeader` bytes, INVALID_PARAMETER for what cannot be sent.
 */
export async function checkOutgoing(
  envelope: OutgoingEnvelope,
  sender: Addresses,
  content: MessageContent,
  maxHeader: number,
): Promise<CheckedEnvelope> {
  if (envelope.sender !== '' && !maySendFrom(sender, envelope.sender))
    throw new PamojaError('NO_ACCESS', `<${shown(envelope.sender)}> is no address of yours`);
  const lost = envelope.recipients.find((address) => !isSendable(address));
  if (lost !== undefined)
    throw new PamojaError('INVALID_PARAMETER', `<${shown(lost)}> is no address that mail can be sent to`);
  if (content.root.bodyStart > maxHeader) throw new PamojaError('TOO_BIG', 'The header of the message is too large');
  const foreign = authorsIn((await outgoingContent(content)).header).find(
    ({ address }) => !maySendFrom(sender, address),
  );
  if (foreign)
    throw new PamojaError('NO_ACCESS', `<${shown(foreign.address)}> in ${foreign.field} is no address of yours`);
  return envelope as CheckedEnvelope;
}

/**
 * The authors of a message by the header that leaves, those in From first. Throws INVALID_PARAMETER for a header that readers could understand
 * differently.
 */
export function authorsIn(header: Buffer): Author[] {
  // Some readers end a line, or all of the header, at each of these.
  if (/[\0\v\f\x1c-\x1e]/.test(header.toString('latin1')))
    throw new PamojaError('INVALID_PARAMETER', 'The header of the message has a control character');
  const lines = header.toString('latin1').replace(/\r\n$/, '').split('\r\n');
  const odd = lines.findIndex(
    (line, i) => line !== '' && !(i > 0 && /^[ \t]/.test(line)) && !/^[!-9;-~]+[ \t]*:/.test(line),
  );
  // Some readers see a field in a line that is none (RFC 5322 §2.2).
  if (odd >= 0) throw new PamojaError('INVALID_PARAMETER', `Line ${odd + 1} of the header is no field`);
  const authors = readAuthors(parseHeaderFields(header));
  if ('problem' in authors) throw new PamojaError('INVALID_PARAMETER', authors.problem);
  return authors;
}

/** An address in a reply of one line. */
const shown = (address: string): string => address.replace(/[\x00-\x1f\x7f]/g, '?').slice(0, 320);
