import type { Database } from '../../../shared/database/database.ts';
import { type DirectoryEntry, findByName } from '../../../shared/directory/entries/entries.ts';
import { decodeAddressBookId } from '../../../shared/mapi/entry-id.ts';
import { asUnicode, valueAs } from '../../../shared/mapi/property-bag.ts';
import { OBJECT, type PropertyBag } from '../../../shared/mapi/property-document.ts';
import { PT, propertyId, withType } from '../../../shared/mapi/property-tags.ts';
import type { Property } from '../../../shared/protocol/soap/types.ts';
import type { TenantScope } from '../../../shared/store/stores/stores.ts';
import { addressBag, companyNames, everyoneBag, systemBag } from '../address-book.ts';
import { EVERYONE_ID, SYSTEM_ID } from '../address-ids.ts';
import { personByWireId } from '../people.ts';
import { containerBag } from '../tables/address-table.ts';
import { bagRow } from '../tables/bag-row.ts';
import { cellOf } from '../tables/cell.ts';
import type { Call, Operations } from './operation.ts';

const NOT_FOUND = 0x80000002;

/** What clients are told of a user, in this order; what is not there is an error in its place. */
const USER_TAGS = [
  0x0fff0102, 0x36000003, 0x30050003, 0xfffd0003, 0x3001001f, 0xfffb000b, 0xfffc001f, 0x3003001f, 0x0ffe0003,
  0x39000003, 0x300b0102, 0x0e090102, 0x3002001f, 0x0ff90102, 0x3a00001f, 0x39fe001f, 0x3a20001f, 0x8006001f,
  0x8007101f, 0x800f101f, 0x67b10003, 0x67b0000b, 0x6748001f, 0x8c6a1102, 0x36150102, 0xfff90102, 0x67830102,
  0x67c1001f, 0x39050003, 0x8008101e, 0x67b3101f, 0x67b4101f, 0x67c40102, 0x67c50102, 0x08070003, 0x08090003,
  0x3a30001f, 0x67b4101f,
];

/** What clients are told of a container. */
const CONTAINER_TAGS = [
  0x0fff0102, 0x36000003, 0x30050003, 0xfffd0003, 0x3001001f, 0xfffb000b, 0xfffc0102, 0x0ffe0003, 0x39000003,
  0x300b0102, 0x0ff90102, 0x0e090102, 0x36150102, 0xfff90102, 0x3a00001f, 0x67c1001f, 0x6748001f, 0x67b40102,
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
        ? { tag: withType(tag, PT.ERROR), value: NOT_FOUND }
        : { tag: asUnicode(tag), value: value as Property['value'] };
    });
    return {
      er: 0,
      aPropTag: shown.filter(({ tag }) => (tag & 0xffff) !== PT.ERROR).map(({ tag }) => tag),
      aPropVal: shown,
    };
  },

  async abResolveNames(call, { lpaPropTag, lpsRowSet, lpaFlags, ulFlags }) {
    const tags = lpaPropTag ?? [];
    const { scope } = call.session.caller;
    const { db } = call.context.store;
    const companies = await companyNames(call);
    const rows: Property[][] = [];
    const flags: number[] = [];
    for (const [i, row] of (lpsRowSet ?? []).entries()) {
      const before = lpaFlags?.[i] ?? MATCH.UNRESOLVED;
      const wanted = row?.find(({ tag }) => propertyId(tag) === 0x3001);
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
      } else rows.push(undefined as never);
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
