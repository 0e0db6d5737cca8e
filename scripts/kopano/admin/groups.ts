import {
  addMember,
  createGroup,
  deleteGroup,
  EVERYONE,
  getGroup,
  listGroups,
  type Member,
  removeMember,
  updateGroup,
} from '../../../shared/directory/entries/groups.ts';
import { getUser } from '../../../shared/directory/entries/users.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { TenantId } from '../../../shared/store/engine/ids.ts';
import type { AdminOptions } from './command-line.ts';
import { groupDetails, groupList } from './output.ts';
import { type AdminSession, allByName, PAGE } from './session.ts';

// Groups (manual 8.3.6). The name of a group is unique in its company, given by -I, or by the name when loginname_format has %c.

export async function makeGroup(session: AdminSession, options: AdminOptions, name: string): Promise<void> {
  const tenant = await session.tenantOf(name);
  await session.change(tenant, 'group.create', name, (tx, id) =>
    createGroup(tx, session.context, id, { name, fullName: options.f, email: options.e }),
  );
  session.say(`Group '${name}' created.`);
}

export async function changeGroup(session: AdminSession, options: AdminOptions, name: string): Promise<void> {
  await session.change(await session.tenantOf(name), 'group.change', name, (tx, id) =>
    updateGroup(tx, id, name, { fullName: options.f, email: options.e }),
  );
  session.say(`Group '${name}' updated.`);
}

export async function removeGroup(session: AdminSession, name: string): Promise<void> {
  await session.change(await session.tenantOf(name), 'group.delete', name, (tx, id) => deleteGroup(tx, id, name));
  session.say(`Group '${name}' deleted.`);
}

/** -b user -i group, and -B; a member that is no user is taken for a group. */
export async function changeMember(
  session: AdminSession,
  group: string | undefined,
  name: string,
  how: 'add' | 'remove',
): Promise<void> {
  if (group === undefined) throw new PamojaError('INVALID_PARAMETER', 'say the group with -i');
  const tenant = await session.tenantOf(name).catch(() => session.tenantOf(group));
  const member = await memberOf(session, tenant, name);
  await session.change(tenant, `group.${how}`, `${group} ${name}`, (tx, id) =>
    how === 'add' ? addMember(tx, id, group, member) : removeMember(tx, id, group, member),
  );
  session.say(`'${name}' ${how === 'add' ? 'added to' : 'removed from'} group '${group}'.`);
}

async function memberOf(session: AdminSession, tenant: TenantId, name: string): Promise<Member> {
  try {
    await getUser(session.db, tenant, name);
    return { kind: 'user', login: name };
  } catch (error) {
    if (!PamojaError.is(error, 'NOT_FOUND')) throw error;
    await getGroup(session.db, tenant, name);
    return { kind: 'group', name };
  }
}

export async function listAllGroups(session: AdminSession): Promise<void> {
  for (const tenant of await session.chosenTenants()) {
    const groups = await allByName(
      (after) => listGroups(session.db, tenant.id, after, PAGE),
      (group) => group.name,
    );
    const names = [EVERYONE, ...groups.map((group) => group.name)];
    session.show({ company: tenant.name, groups: names }, () => groupList(tenant.name, names));
  }
}

export async function showGroup(session: AdminSession, name: string): Promise<void> {
  const group = await getGroup(session.db, await session.tenantOf(name), name);
  session.show(group, groupDetails);
}
