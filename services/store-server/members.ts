import { findGroup, groupMemberIds, listGroupsOf, listUsersOf, type Person } from '../../shared/directory/people.ts';
import { KopanoError } from '../../shared/mapi/error.ts';
import { EVERYONE_ID, fromWireId } from './address-ids.ts';
import type { Call } from './operations/operation.ts';

/** Who is in a group itself: users and groups. Everyone has all users of the caller's company. */
export async function membersOfGroup(call: Call, number: number): Promise<Person[]> {
  const { db } = call.context.store;
  const { caller } = call.session;
  if (number === EVERYONE_ID) return listUsersOf(db, caller.tenant === 0 ? caller.scope : [caller.tenant]);
  const known = fromWireId(number);
  if (known?.kind !== 'group') throw new KopanoError('NOT_FOUND', 'no such group');
  const group = await findGroup(db, caller.scope, { id: known.id });
  const members = await groupMemberIds(db, group.tenant, group.id);
  const users = await listUsersOf(db, [group.tenant]);
  const groups = await listGroupsOf(db, [group.tenant]);
  return [
    ...users.filter(({ id }) => members.users.includes(id)),
    ...groups.filter(({ id }) => members.groups.includes(id)),
  ];
}
