import type { Caller } from '../access/caller.ts';
import { directoryIdOf, requestedId } from '../address-book/address-book-ids.ts';
import type { Database } from '../database/database.ts';
import { canonicalAddress } from '../directory/entries/addresses.ts';
import { findUser } from '../directory/entries/entries.ts';
import { decodeOneOff, isAddressBookId } from '../mapi/entry-id.ts';
import { PamojaError } from '../mapi/error.ts';
import type { PropertyBag } from '../mapi/property.ts';
import { type MapiObject, OBJECT } from '../mapi/property-document.ts';
import { PR } from '../mapi/property-tags.ts';

const ADDRESS = /^[^\s@<>]+@[^\s@<>]+$/;

/**
 * The addresses of a saved message's recipients that the server delivers to (PR_RESPONSIBILITY is false); a recipient from the address book
 * has the address of the user. Throws INVALID_PARAMETER for a recipient without an address.
 */
export async function recipientsOf(
  db: Database,
  caller: Pick<Caller, 'scope'>,
  message: MapiObject,
): Promise<string[]> {
  const addresses = new Set<string>();
  for (const { type, properties } of message.children) {
    if (type !== OBJECT.MAIL_USER && type !== OBJECT.DIST_LIST) continue;
    if (properties.get(PR.RESPONSIBILITY) === true) continue;
    addresses.add(canonicalAddress(await addressOf(db, caller, properties)));
  }
  return [...addresses];
}

async function addressOf(db: Database, { scope }: Pick<Caller, 'scope'>, properties: PropertyBag): Promise<string> {
  for (const tag of [PR.SMTP_ADDRESS, PR.EMAIL_ADDRESS]) {
    const address = String(properties.get(tag) ?? '');
    if (ADDRESS.test(address)) return address;
  }
  const entryId = properties.get(PR.EC_CONTACT_ENTRYID);
  if (Buffer.isBuffer(entryId)) {
    const oneOff = decodeOneOff(entryId);
    if (oneOff && ADDRESS.test(oneOff.address)) return oneOff.address;
    const known = isAddressBookId(entryId) ? directoryIdOf(requestedId(0, entryId)) : undefined;
    if (known?.kind === 'user') return (await findUser(db, scope, { id: known.id })).email;
  }
  throw new PamojaError('INVALID_PARAMETER', 'a recipient has no address');
}
