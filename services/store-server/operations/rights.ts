import { locate } from '../../../shared/access/locate.ts';
import { requireRight } from '../../../shared/access/store-rights.ts';
import {
  addressBookEntryId,
  addressBookId,
  directoryIdOf,
  EVERYONE_ENTRY_ID,
  EVERYONE_ID,
  requestedId,
} from '../../../shared/address-book/address-book-ids.ts';
import { directoryEntryId } from '../../../shared/directory/entries/entries.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { Rights } from '../../../shared/protocol/soap/interface.ts';
import { rootFolder } from '../../../shared/store/folders/folder.ts';
import { type AclEntry, ALL_RIGHTS, changeAcl, listAcl, RIGHT } from '../../../shared/store/folders/rights.ts';
import { requestedEntry } from '../requested-entries.ts';
import type { Call, Operations } from './operation.ts';

const ACCESS_TYPE = { DENIED: 1, GRANT: 2, BOTH: 3 };
/** States of an entry that a client sends (RIGHT_*). */
const STATE = { NORMAL: 0, NEW: 1, MODIFY: 2, DELETED: 4 };

/** The folder that a list of rights belongs to; for a store, its root folder. */
async function placeOf(call: Call, entryId: Buffer | undefined) {
  const located = await locate(call.context.store, call.session.caller, entryId);
  if (located.kind === 'message') throw new PamojaError('INVALID_ENTRYID', 'rights are on folders');
  if (located.kind === 'folder') return { store: located.store, folder: located.folder, rights: located.rights };
  const folder = await rootFolder(call.context.store.db, located.store);
  return { store: located.store, folder, rights: located.owner ? ALL_RIGHTS : 0 };
}

export const rightsOperations: Operations<'getRights' | 'setRights'> = {
  async getRights(call, { sEntryId, ulType }) {
    const { store, folder, rights } = await placeOf(call, sEntryId);
    requireRight({ rights }, RIGHT.VISIBLE);
    const wanted = ulType === ACCESS_TYPE.BOTH ? [true, false] : [ulType === ACCESS_TYPE.DENIED];
    const entries = (await listAcl(call.context.store.db, store, folder.id)).filter(({ denied }) =>
      wanted.includes(denied),
    );
    const pRightsArray: Rights[] = [];
    for (const entry of entries) pRightsArray.push(await wireRights(call, entry));
    return { pRightsArray, er: 0 };
  },

  async setRights(call, { sEntryId, lpsrightsArray }) {
    const { store, folder, rights } = await placeOf(call, sEntryId);
    requireRight({ rights }, RIGHT.FOLDER_OWNER);
    const set: AclEntry[] = [];
    const removed: AclEntry[] = [];
    for (const entry of lpsrightsArray ?? []) {
      const acl = await entryOf(call, entry);
      if ((entry.ulState & STATE.DELETED) !== 0) removed.push(acl);
      else if ((entry.ulState & (STATE.NEW | STATE.MODIFY)) !== 0) set.push(acl);
    }
    await changeAcl(call.context.store, store, folder.id, set, removed);
    return { result: 0 };
  },
};

async function entryOf(call: Call, { ulUserid, ulType, ulRights, sUserId }: Rights): Promise<AclEntry> {
  const number = requestedId(ulUserid, sUserId);
  const base = { denied: ulType === ACCESS_TYPE.DENIED, rights: ulRights & ALL_RIGHTS };
  if (number === EVERYONE_ID) return { ...base, kind: 'group', member: 0 };
  const person = await requestedEntry(call, number, sUserId);
  return { ...base, kind: person.kind, member: person.id };
}

async function wireRights(call: Call, entry: AclEntry): Promise<Rights> {
  const base = {
    ulType: entry.denied ? ACCESS_TYPE.DENIED : ACCESS_TYPE.GRANT,
    ulRights: entry.rights,
    ulState: STATE.NORMAL,
  };
  if (entry.kind === 'group' && entry.member === 0)
    return { ...base, ulUserid: EVERYONE_ID, sUserId: EVERYONE_ENTRY_ID };
  const holder = directoryEntryId(entry.kind, entry.member);
  const number = addressBookId(holder);
  try {
    const person = await requestedEntry(call, number);
    return { ...base, ulUserid: number, sUserId: addressBookEntryId(person) };
  } catch (error) {
    // The entry of a deleted user or group stays, and is shown without a name.
    if (!PamojaError.is(error, 'NOT_FOUND') || !directoryIdOf(number)) throw error;
    return {
      ...base,
      ulUserid: number,
      sUserId: addressBookEntryId({ ...holder, guid: Buffer.alloc(0) }),
    };
  }
}
