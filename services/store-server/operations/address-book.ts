import { EVERYONE_ID, SYSTEM_ID } from '../../../shared/address-book/address-book-ids.ts';
import { containerProperties } from '../../../shared/address-book/containers.ts';
import {
  entryProperties,
  everyoneProperties,
  systemProperties,
  type TenantNames,
  tenantNames,
} from '../../../shared/address-book/entry-properties.ts';
import { findEntry } from '../../../shared/address-book/find-entry.ts';
import { resolveName } from '../../../shared/address-book/resolve-names.ts';
import { decodeAddressBookId } from '../../../shared/mapi/entry-id.ts';
import { ERROR_CODES } from '../../../shared/mapi/error.ts';
import type { Property, PropertyBag } from '../../../shared/mapi/property.ts';
import { asUnicode, valueAs } from '../../../shared/mapi/property-bag.ts';
import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR, type PropertyTag, PT, propertyId, propertyType, withType } from '../../../shared/mapi/property-tags.ts';
import { bagRow } from '../tables/bag-row.ts';
import { cellOf } from '../tables/cell.ts';
import type { Call, Operations } from './operation.ts';

/** The properties of a user in the order in which clients get them; PT_ERROR takes the place of a missing one. */
const USER_TAGS = [
  PR.ENTRYID,
  PR.CONTAINER_FLAGS,
  PR.DEPTH,
  PR.EMS_AB_CONTAINERID,
  PR.DISPLAY_NAME,
  PR.EMS_AB_IS_MASTER,
  withType(PR.EMS_AB_PARENT_ENTRYID, PT.UNICODE),
  PR.EMAIL_ADDRESS,
  PR.OBJECT_TYPE,
  PR.DISPLAY_TYPE,
  PR.SEARCH_KEY,
  PR.PARENT_ENTRYID,
  PR.ADDRTYPE,
  PR.RECORD_KEY,
  PR.ACCOUNT,
  PR.SMTP_ADDRESS,
  PR.TRANSMITABLE_DISPLAY_NAME,
  PR.EMS_AB_HOME_MDB,
  withType(PR.EMS_AB_HOME_MTA, PT.MV_UNICODE),
  PR.EMS_AB_PROXY_ADDRESSES,
  PR.EC_ADMINISTRATOR,
  PR.EC_NONACTIVE,
  PR.EC_COMPANY_NAME,
  PR.EMS_AB_X509_CERT,
  PR.AB_PROVIDER_ID,
  withType(PR.EMS_AB_HIERARCHY_PATH, PT.BINARY),
  withType(PR.EC_SENDAS_USER_ENTRYIDS, PT.BINARY),
  PR.EC_HOMESERVER_NAME,
  PR.DISPLAY_TYPE_EX,
  withType(PR.EMS_AB_IS_MEMBER_OF_DL, PT.MV_STRING8),
  PR.EC_ENABLED_FEATURES,
  PR.EC_DISABLED_FEATURES,
  withType(PR.EC_ARCHIVE_SERVERS, PT.BINARY),
  withType(PR.EC_ARCHIVE_COUPLINGS, PT.BINARY),
  PR.EMS_AB_ROOM_CAPACITY,
  withType(PR.EMS_AB_ROOM_DESCRIPTION, PT.LONG),
  PR.ASSISTANT,
  PR.EC_DISABLED_FEATURES,
];

/** The properties of a container in the order in which clients get them. */
const CONTAINER_TAGS = [
  PR.ENTRYID,
  PR.CONTAINER_FLAGS,
  PR.DEPTH,
  PR.EMS_AB_CONTAINERID,
  PR.DISPLAY_NAME,
  PR.EMS_AB_IS_MASTER,
  PR.EMS_AB_PARENT_ENTRYID,
  PR.OBJECT_TYPE,
  PR.DISPLAY_TYPE,
  PR.SEARCH_KEY,
  PR.RECORD_KEY,
  PR.PARENT_ENTRYID,
  PR.AB_PROVIDER_ID,
  withType(PR.EMS_AB_HIERARCHY_PATH, PT.BINARY),
  PR.ACCOUNT,
  PR.EC_HOMESERVER_NAME,
  PR.EC_COMPANY_NAME,
  withType(PR.EC_DISABLED_FEATURES, PT.BINARY),
];

/** Flags of ABResolveNames (MAPI). */
const MATCH = { UNRESOLVED: 0, AMBIGUOUS: 1, RESOLVED: 2 };
const EMS_AB_ADDRESS_LOOKUP = 1;

export const addressBookOperations: Operations<'readABProps' | 'abResolveNames'> = {
  async readABProps(call, { sEntryId }) {
    const { id, type } = decodeAddressBookId(sEntryId);
    const isContainer = type === OBJECT.AB_CONTAINER;
    const bag = isContainer
      ? await containerProperties(call.context.store, call.session.caller, id)
      : await bagOfEntry(call, id, type, sEntryId);
    const shown = (isContainer ? CONTAINER_TAGS : USER_TAGS).map((tag): Property => {
      const value = valueAs(bag, tag);
      return value === undefined
        ? { tag: withType(tag, PT.ERROR), value: ERROR_CODES.NOT_FOUND }
        : { tag: asUnicode(tag), value: value as Property['value'] };
    });
    return {
      er: 0,
      aPropTag: shown.filter(({ tag }) => propertyType(tag) !== PT.ERROR).map(({ tag }) => tag),
      aPropVal: shown,
    };
  },

  async abResolveNames(call, { lpaPropTag, lpsRowSet, lpaFlags, ulFlags }) {
    const companies = await tenantNames(call.context.store, call.session.caller);
    const names: Names = { tags: lpaPropTag ?? [], addressesOnly: (ulFlags & EMS_AB_ADDRESS_LOOKUP) !== 0, companies };
    const rows: (Property[] | undefined)[] = [];
    const flags: number[] = [];
    for (const [i, row] of (lpsRowSet ?? []).entries()) {
      const before = lpaFlags?.[i] ?? MATCH.UNRESOLVED;
      const resolved = before === MATCH.RESOLVED ? { flag: before } : await resolveRow(call, row ?? [], names);
      flags.push(resolved.flag);
      rows.push(resolved.row);
    }
    return { sRowSet: rows, aFlags: flags, er: 0 };
  },
};

interface Names {
  /** The requested columns of the entries that were found. */
  tags: readonly PropertyTag[];
  addressesOnly: boolean;
  companies: TenantNames;
}

/** Resolves the name of a row; without a row in the answer where no entry, or more than one, has the name. */
async function resolveRow(
  { context, session }: Call,
  row: readonly Property[],
  { tags, addressesOnly, companies }: Names,
): Promise<{ flag: number; row?: Property[] }> {
  const wanted = row.find(({ tag }) => propertyId(tag) === propertyId(PR.DISPLAY_NAME));
  if (!wanted) return { flag: MATCH.UNRESOLVED };
  const found = await resolveName(context.store.db, session.caller, String(wanted.value), addressesOnly);
  if (found.kind === 'none') return { flag: MATCH.UNRESOLVED };
  if (found.kind === 'ambiguous') return { flag: MATCH.AMBIGUOUS };
  const cells = bagRow(Buffer.alloc(0), entryProperties(context.store.options, found.entry, companies));
  return { flag: MATCH.RESOLVED, row: [wanted, ...tags.map((tag) => cellOf(cells, tag))] };
}

async function bagOfEntry(
  { context, session }: Call,
  id: number,
  type: number,
  entryId: Buffer | undefined,
): Promise<PropertyBag> {
  if (id === SYSTEM_ID && type === OBJECT.MAIL_USER) return systemProperties();
  if (id === EVERYONE_ID && type === OBJECT.DIST_LIST) return everyoneProperties();
  const { caller } = session;
  const entry = await findEntry(context.store.db, caller, id, entryId);
  return entryProperties(context.store.options, entry, await tenantNames(context.store, caller));
}
