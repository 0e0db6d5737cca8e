import type { PropertyBag } from '../../../shared/mapi/property.ts';
import { PR, PT, propertyId, propertyType } from '../../../shared/mapi/property-tags.ts';

/** The server computes these properties: a client that sends them changes nothing. */
const COMPUTED = new Set(
  [
    PR.ENTRYID,
    PR.RECORD_KEY,
    PR.PARENT_ENTRYID,
    PR.ACCESS,
    PR.ACCESS_LEVEL,
    PR.OBJECT_TYPE,
    PR.STORE_ENTRYID,
    PR.STORE_RECORD_KEY,
    PR.MAPPING_SIGNATURE,
    PR.MESSAGE_SIZE,
    PR.HASATTACH,
    PR.RIGHTS,
    PR.PARENT_SOURCE_KEY,
    PR.EC_HIERARCHYID,
    PR.EC_IMAP_ID,
  ].map((tag) => propertyId(tag)),
);

/** The properties that a client may set. One of type PT_ERROR stands for a property that the object does not have. */
export const withoutComputed = (bag: PropertyBag): PropertyBag =>
  new Map([...bag].filter(([tag]) => !COMPUTED.has(propertyId(tag)) && propertyType(tag) !== PT.ERROR));
