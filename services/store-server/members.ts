import {
  type GroupEntry,
  groupMemberIds,
  listGroupsOf,
  listUsersOf,
  type UserEntry,
} from '../../shared/directory/entries/entries.ts';
import { EVERYONE_ID, idOf } from './address-ids.ts';
import type { Call } from './operations/operation.ts';
import { groupByWireId } from './people.ts';

/**
 * Who is in a group itself: users and groups. Everyone has all users of the caller's company. Who is hidden from the address book is not
 * shown here either, but to administrators of the company.
 */
export async function membersOfGroup(
  call: Call,
  number: number,
  entryId?: Buffer,
): Promise<(UserEntry | GroupEntry)[]> {
  const { db } = call.context.store;
  const { caller } = call.session;
  const shown = ({ hidden, tenant }: UserEntry | GroupEntry): boolean =>
    !hidden || caller.administers === 'all' || caller.administers.includes(tenant);
  if (idOf(number, entryId) === EVERYONE_ID)
    return (await listUsersOf(db, caller.tenant === 0 ? caller.scope : [caller.tenant])).filter(shown);
  const group = await groupByWireId(call, number, entryId);
  const members = await groupMemberIds(db, group.tenant, group.id);
  const users = await listUsersOf(db, [group.tenant]);
  const groups = await listGroupsOf(db, [group.tenant]);
  return [
    ...users.filter(({ id }) => members.users.includes(id)),
    ...groups.filter(({ id }) => members.groups.includes(id)),
  ].filter(shown);
}
