import {
  addressBookEntryId,
  addressBookId,
  EVERYONE_ENTRY_ID,
  EVERYONE_ID,
  requestedId,
  SYSTEM_ID,
} from '../../../shared/address-book/address-book-ids.ts';
import { groupMembers } from '../../../shared/address-book/group-members.ts';
import { inTransaction } from '../../../shared/database/transaction.ts';
import { findGroup, type GroupEntry, listGroupsOf } from '../../../shared/directory/entries/entries.ts';
import {
  addMember,
  createGroup,
  deleteGroup,
  groupsOfUser,
  removeMember,
  updateGroup,
} from '../../../shared/directory/entries/groups.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { Group } from '../../../shared/protocol/soap/interface.ts';
import { requireAdministers } from '../administrators.ts';
import { requestedEntry, requestedGroup, requestedTenant, requestedUser } from '../requested-entries.ts';
import { EVERYONE_GROUP, wireGroup, wireUser } from '../wire-entries.ts';
import type { Call, Operations } from './operation.ts';

/** A group that the caller has the right to change. */
async function ownGroup(call: Call, number: number, entryId: Buffer | undefined): Promise<GroupEntry> {
  if (requestedId(number, entryId) === EVERYONE_ID)
    throw new PamojaError('NO_ACCESS', 'the group Everyone cannot be changed');
  const group = await requestedGroup(call, number, entryId);
  requireAdministers(call, group.tenant);
  return group;
}

export const groupOperations: Operations<
  | 'createGroup'
  | 'setGroup'
  | 'getGroup'
  | 'getGroupList'
  | 'groupDelete'
  | 'resolveGroupname'
  | 'addGroupUser'
  | 'deleteGroupUser'
  | 'getUserListOfGroup'
  | 'getGroupListOfUser'
> = {
  async createGroup(call, { lpsGroup }) {
    const group = requireGroup(lpsGroup);
    const { name, domain } = splitName(group.lpszGroupname);
    if (name === '') throw new PamojaError('INVALID_PARAMETER', 'a group has a name');
    const found = domain === undefined ? undefined : await call.context.tenantOfDomain(domain);
    const { caller } = call.session;
    const visible = found !== undefined && (caller.scope === 'all' || caller.scope.includes(found));
    if (domain !== undefined && !visible && call.context.store.options.enable_hosted_kopano)
      throw new PamojaError('NOT_FOUND', 'no such company');
    const tenant = visible ? found : caller.tenant;
    if (tenant === 0) throw new PamojaError('NOT_FOUND', 'the group names no company');
    requireAdministers(call, tenant);
    await inTransaction(call.context.store.db, (tx) =>
      createGroup(tx, call.context.store, tenant, {
        name,
        fullName: group.lpszFullname || name,
        email: group.lpszFullEmail ?? '',
        hidden: group.ulIsABHidden === 1,
      }),
    );
    const created = await findGroup(call.context.store.db, [tenant], { name });
    return { ulGroupId: addressBookId(created), sGroupId: addressBookEntryId(created), er: 0 };
  },

  async setGroup(call, { lpsGroup }) {
    const sent = requireGroup(lpsGroup);
    const group = await ownGroup(call, sent.ulGroupId, sent.sGroupId);
    const { name, domain } = splitName(sent.lpszGroupname);
    // A group stays in its company.
    if (domain !== undefined && (await call.context.tenantOfDomain(domain)) !== group.tenant)
      throw new PamojaError('INVALID_PARAMETER', 'a group cannot go to another company');
    await inTransaction(call.context.store.db, (tx) =>
      updateGroup(tx, group.tenant, group.name, {
        ...(name === '' || name === group.name ? {} : { name }),
        ...(sent.lpszFullname ? { fullName: sent.lpszFullname } : {}),
        ...(sent.lpszFullEmail === undefined ? {} : { email: sent.lpszFullEmail }),
        hidden: sent.ulIsABHidden === 1,
      }),
    );
    return { result: 0 };
  },

  async getGroup(call, { ulGroupId, sGroupId }) {
    if (requestedId(ulGroupId, sGroupId) === EVERYONE_ID) return { lpsGroup: EVERYONE_GROUP, er: 0 };
    return { lpsGroup: wireGroup(await requestedGroup(call, ulGroupId, sGroupId)), er: 0 };
  },

  async getGroupList(call, { ulCompanyId, sCompanyId }) {
    const tenant = await requestedTenant(call, ulCompanyId, sCompanyId);
    const groups = await listGroupsOf(call.context.store.db, [tenant]);
    return { sGroupArray: [EVERYONE_GROUP, ...groups.map(wireGroup)], er: 0 };
  },

  async groupDelete(call, { ulGroupId, sGroupId }) {
    const group = await ownGroup(call, ulGroupId, sGroupId);
    await inTransaction(call.context.store.db, (tx) => deleteGroup(tx, group.tenant, group.name));
    return { result: 0 };
  },

  async resolveGroupname(call, { lpszGroupname }) {
    if (lpszGroupname?.toLowerCase() === 'everyone')
      return { ulGroupId: EVERYONE_ID, sGroupId: EVERYONE_ENTRY_ID, er: 0 };
    const { caller } = call.session;
    const name = lpszGroupname ?? '';
    const groups = caller.tenant === 0 ? caller.scope : [caller.tenant];
    const group = await findGroup(call.context.store.db, groups, { name });
    return { ulGroupId: addressBookId(group), sGroupId: addressBookEntryId(group), er: 0 };
  },

  async addGroupUser(call, { ulGroupId, sGroupId, ulUserId, sUserId }) {
    const [group, member] = await membership(call, ulGroupId, sGroupId, ulUserId, sUserId);
    await inTransaction(call.context.store.db, (tx) => addMember(tx, group.tenant, group.name, member));
    return { result: 0 };
  },

  async deleteGroupUser(call, { ulGroupId, sGroupId, ulUserId, sUserId }) {
    const [group, member] = await membership(call, ulGroupId, sGroupId, ulUserId, sUserId);
    await inTransaction(call.context.store.db, (tx) => removeMember(tx, group.tenant, group.name, member));
    return { result: 0 };
  },

  async getUserListOfGroup(call, { ulGroupId, sGroupId }) {
    const members = await groupMembers(call.context.store.db, call.session.caller, ulGroupId, sGroupId);
    return { sUserArray: members.map((member) => wireUser(call, member)), er: 0 };
  },

  async getGroupListOfUser(call, { ulUserId, sUserId }) {
    const number = requestedId(ulUserId, sUserId);
    if (number === SYSTEM_ID) return { sGroupArray: [EVERYONE_GROUP], er: 0 };
    const user = await requestedUser(call, number, sUserId);
    const { db } = call.context.store;
    const names = await groupsOfUser(db, user.tenant, user.id);
    const sGroupArray: Group[] = [];
    for (const name of names)
      sGroupArray.push(name === 'Everyone' ? EVERYONE_GROUP : wireGroup(await findGroup(db, [user.tenant], { name })));
    return { sGroupArray, er: 0 };
  },
};

/** A group's name as clients write it: `name`, or `name@company`. */
function splitName(text: string | undefined): { name: string; domain: string | undefined } {
  const [name = '', domain] = (text ?? '').split('@');
  return { name, domain };
}

function requireGroup(group: Group | undefined): Group {
  if (!group) throw new PamojaError('INVALID_PARAMETER', 'no group was given');
  return group;
}

async function membership(
  call: Call,
  groupNumber: number,
  groupId: Buffer | undefined,
  number: number,
  id: Buffer | undefined,
) {
  const group = await ownGroup(call, groupNumber, groupId);
  const member = await requestedEntry(call, requestedId(number, id), id);
  if (member.tenant !== group.tenant || member.kind === 'company')
    throw new PamojaError('NOT_FOUND', 'no such user in the company');
  return [
    group,
    member.kind === 'user'
      ? ({ kind: 'user', login: member.name } as const)
      : ({ kind: 'group', name: member.name } as const),
  ] as const;
}
