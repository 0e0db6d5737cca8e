import type { Database } from '../../../shared/database/database.ts';
import { type DirectoryEntry, findByName } from '../../../shared/directory/entries/entries.ts';
import { decodeAddressBookId } from '../../../shared/mapi/entry-id.ts';
import { ERROR_CODES } from '../../../shared/mapi/error.ts';
import type { Property, PropertyBag } from '../../../shared/mapi/property.ts';
import { asUnicode, valueAs } from '../../../shared/mapi/property-bag.ts';
import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR, PT, propertyId, propertyType, withType } from '../../../shared/mapi/property-tags.ts';
import type { TenantScope } from '../../../shared/store/stores/stores.ts';
import { addressBag, companyNames, everyoneBag, systemBag } from '../address-book.ts';
import { EVERYONE_ID, SYSTEM_ID } from '../address-ids.ts';
import { personByWireId } from '../people.ts';
import { containerBag } from '../tables/address-table.ts';
import { bagRow } from '../tables/bag-row.ts';
import { cellOf } from '../tables/cell.ts';
import type { Call, Operations } from './operation.ts';

/** What clients are told of a user, in this order; what is not there is an error in its place. */
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

/** What clients are told of a container. */
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
    const bag = isContainer ? await containerBag(call, id) : await bagOfEntry(call, id, type, sEntryId);
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
    const tags = lpaPropTag ?? [];
    const { scope } = call.session.caller;
    const { db } = call.context.store;
    const companies = await companyNames(call);
    const rows: (Property[] | undefined)[] = [];
    const flags: number[] = [];
    for (const [i, row] of (lpsRowSet ?? []).entries()) {
      const before = lpaFlags?.[i] ?? MATCH.UNRESOLVED;
      const wanted = row?.find(({ tag }) => propertyId(tag) === propertyId(PR.DISPLAY_NAME));
      const found =
        before === MATCH.RESOLVED || !wanted ? [] : await candidates(db, scope, String(wanted.value), ulFlags);
      const [only] = found;
      flags.push(
        before === MATCH.RESOLVED
          ? before
          : found.length > 1
            ? MATCH.AMBIGUOUS
            : only
              ? MATCH.RESOLVED
              : MATCH.UNRESOLVED,
      );
      if (found.length === 1 && only && wanted) {
        const bag = addressBag(call, only, companies);
        const row = bagRow(Buffer.alloc(0), bag);
        rows.push([wanted, ...tags.map((tag) => cellOf(row, tag))]);
      } else rows.push(undefined);
    }
    return { sRowSet: rows, aFlags: flags, er: 0 };
  },
};

/** Who a name may stand for: exactly an address, a login or a name; else those whose name or login begins with it. */
async function candidates(db: Database, scope: TenantScope, text: string, flags: number): Promise<DirectoryEntry[]> {
  const wanted = text.toLowerCase().replace(/^smtp:/, '');
  if (wanted === '') return [];
  const addressesOnly = (flags & EMS_AB_ADDRESS_LOOKUP) !== 0;
  const exact = await findByName(db, scope, wanted, { exact: true, addressesOnly }, 2);
  if (exact.length > 0 || addressesOnly) return exact;
  return findByName(db, scope, wanted, { exact: false, addressesOnly }, 2);
}

async function bagOfEntry(call: Call, id: number, type: number, entryId: Buffer | undefined): Promise<PropertyBag> {
  if (id === SYSTEM_ID && type === OBJECT.MAIL_USER) return systemBag();
  if (id === EVERYONE_ID && type === OBJECT.DIST_LIST) return everyoneBag();
  const person = await personByWireId(call, id, entryId);
  return addressBag(call, person, await companyNames(call));
}
