import type { Caller } from '../access/caller.ts';
import type { Database } from '../database/database.ts';
import {
  type GroupEntry,
  groupMemberIds,
  listGroupsOf,
  listUsersOf,
  type UserEntry,
} from '../directory/entries/entries.ts';
import { PamojaError } from '../mapi/error.ts';
import { EVERYONE_ID, requestedId } from './address-book-ids.ts';
import { findEntry } from './find-entry.ts';

/**
 * The direct members of a group, users and groups; of Everyone all users of the caller's tenant. Members that are hidden from the address
 * book are shown to administrators of their tenant alone. Throws NOT_FOUND, and INVALID_TYPE for an entry of another kind.
 */
export async function groupMembers(
  db: Database,
  caller: Caller,
  id: number,
  entryId?: Buffer,
): Promise<(UserEntry | GroupEntry)[]> {
  const shown = ({ hidden, tenant }: UserEntry | GroupEntry): boolean =>
    !hidden || caller.administers === 'all' || caller.administers.includes(tenant);
  if (requestedId(id, entryId) === EVERYONE_ID)
    return (await listUsersOf(db, caller.tenant === 0 ? caller.scope : [caller.tenant])).filter(shown);
  const group = await findEntry(db, caller, id, entryId);
  if (group.kind !== 'group') throw new PamojaError('INVALID_TYPE', 'not a group');
  const members = await groupMemberIds(db, group.tenant, group.id);
  const users = await listUsersOf(db, [group.tenant]);
  const groups = await listGroupsOf(db, [group.tenant]);
  return [
    ...users.filter((user) => members.users.includes(user.id)),
    ...groups.filter((each) => members.groups.includes(each.id)),
  ].filter(shown);
}
