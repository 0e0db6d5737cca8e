import type { Caller } from '../access/caller.ts';
import { addressBookEntryId } from '../address-book/address-book-ids.ts';
import { GLOBAL_ADDRESS_BOOK } from '../address-book/containers.ts';
import type { Database } from '../database/database.ts';
import { AB_CHANGE, lastAddressBookChange, listAddressBookChanges } from '../directory/entries/address-book-changes.ts';
import {
  type DirectoryEntryId,
  directoryEntryId,
  groupsByIds,
  listGroupsOf,
  listUsersOf,
  usersByIds,
} from '../directory/entries/entries.ts';
import { ICS } from '../mapi/sync-flags.ts';
import { byChangeId, type IcsChange } from './ics-change.ts';

/** The changes of the address book that the caller sees, after change 0 all its entries; and the number of the last change. */
export async function addressBookIcsChanges(
  db: Database,
  { scope }: Pick<Caller, 'scope'>,
  after: number,
): Promise<{ changes: IcsChange[]; last: number }> {
  // The last change is read first: changes that come meanwhile are told again, which does no harm.
  const last = await lastAddressBookChange(db, scope);
  const changes = after === 0 ? [] : await listAddressBookChanges(db, scope, after);
  const idsOf = (kind: string) => [...new Set(changes.filter((change) => change.kind === kind).map(({ id }) => id))];
  const seen =
    after === 0
      ? [...(await listUsersOf(db, scope)), ...(await listGroupsOf(db, scope))]
      : [...(await usersByIds(db, scope, idsOf('user'))), ...(await groupsByIds(db, scope, idsOf('group')))];
  const entries = new Map(seen.filter(({ hidden }) => !hidden).map((entry) => [`${entry.kind} ${entry.id}`, entry]));
  const changeOf = (changeId: number, entry: DirectoryEntryId & { guid: Buffer }, type: number): IcsChange => ({
    changeId,
    sourceKey: addressBookEntryId(entry),
    parentSourceKey: GLOBAL_ADDRESS_BOOK,
    type,
    flags: 0,
  });
  const found = after === 0 ? [...entries.values()].map((entry) => changeOf(Math.max(last, 1), entry, ICS.AB_NEW)) : [];
  if (after > 0) {
    for (const [key, group] of Map.groupBy(changes, ({ kind, id }) => `${kind} ${id}`)) {
      const change = group.at(-1);
      if (!change) continue;
      const isNew = group.some((each) => each.change === AB_CHANGE.NEW);
      // An entry that was hidden is deleted for the client.
      const type = entries.has(key) ? (isNew ? ICS.AB_NEW : ICS.AB_CHANGE) : ICS.AB_DELETE;
      if (type !== ICS.AB_DELETE || !isNew)
        found.push(changeOf(change.seq, { ...directoryEntryId(change.kind, change.id), guid: change.guid }, type));
    }
    found.sort(byChangeId);
  }
  return { changes: found, last: Math.max(last, after, 1) };
}
