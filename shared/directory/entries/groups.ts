import type { Database } from '../../database/database.ts';
import { collisionIfTaken } from '../../database/duplicate-key.ts';
import { PamojaError } from '../../mapi/error.ts';
import { newGuid, type TenantId, type UserId } from '../../store/engine/ids.ts';
import type { DirectoryContext } from '../context.ts';
import { listDomains, lockTenant } from '../tenants/tenants.ts';
import { AB_CHANGE, type AddressBookChangeKind, noteChange } from './address-book-changes.ts';
import { canonicalAddress, domainOf } from './addresses.ts';
import { checked, fullName, groupName, mailAddress } from './entry-schemas.ts';
import { userId } from './user-id.ts';

/** The group of all users of a tenant (manual 8.3.6). It has no row. */
export const EVERYONE = 'Everyone';

/** The id of a group. */
export type GroupId = number & { readonly __group: never };

/** A group as administrators see it. */
export interface Group {
  name: string;
  fullName: string;
  /** Mail to it goes to all members; empty: it gets none. */
  email: string;
  hidden: boolean;
  /** Logins of the users and names of the groups that are direct members. */
  users: string[];
  groups: string[];
}

export interface NewGroup {
  name: string;
  fullName?: string;
  email?: string;
  hidden?: boolean;
}

/**
 * Creates a group. Throws COLLISION when the name or the address is taken, BAD_VALUE for an address outside the tenant's domains,
 * UNABLE_TO_COMPLETE at the tenant's limit.
 */
export async function createGroup(
  tx: Database,
  { clock }: Pick<DirectoryContext, 'clock'>,
  tenant: TenantId,
  group: NewGroup,
): Promise<void> {
  requireNames(group);
  const limits = await lockTenant(tx, tenant);
  const { count } = await tx
    .selectFrom('groups')
    .select((query) => query.fn.countAll<string | number>().as('count'))
    .where('tenant_id', '=', tenant)
    .executeTakeFirstOrThrow();
  if (limits.groups > 0 && Number(count) >= limits.groups)
    throw new PamojaError('UNABLE_TO_COMPLETE', `the tenant may have ${limits.groups} groups`);
  const now = clock();
  const guid = newGuid(now);
  const inserted = await collisionIfTaken(
    'the group is already taken',
    tx
      .insertInto('groups')
      .values({
        tenant_id: tenant,
        guid,
        name: group.name,
        full_name: group.fullName ?? group.name,
        email: canonicalAddress(group.email ?? ''),
        hidden: group.hidden ? 1 : 0,
        created_at: now,
      })
      .executeTakeFirstOrThrow(),
  );
  const id = Number(inserted.insertId) as GroupId;
  await writeAddress(tx, tenant, id, group.email ?? '');
  await noteChange(tx, tenant, { kind: 'group', id, guid }, AB_CHANGE.NEW);
}

/** Changes a group, its name too; what is absent stays. Throws NOT_FOUND, and what {@link createGroup} throws. */
export async function updateGroup(
  tx: Database,
  tenant: TenantId,
  name: string,
  change: Partial<NewGroup>,
): Promise<void> {
  requireNames(change);
  await lockTenant(tx, tenant);
  const group = await requireGroup(tx, tenant, name);
  if (change.email !== undefined) await writeAddress(tx, tenant, group, change.email);
  const columns = {
    ...(change.name === undefined ? {} : { name: change.name }),
    ...(change.fullName === undefined ? {} : { full_name: change.fullName }),
    ...(change.email === undefined ? {} : { email: canonicalAddress(change.email) }),
    ...(change.hidden === undefined ? {} : { hidden: change.hidden ? 1 : 0 }),
  };
  if (Object.keys(columns).length > 0)
    await collisionIfTaken(
      'the group is already taken',
      tx.updateTable('groups').set(columns).where('tenant_id', '=', tenant).where('id', '=', group).execute(),
    );
  await noteGroup(tx, tenant, group, AB_CHANGE.CHANGED);
}

/** Throws BAD_VALUE for a name or an address that is not allowed. */
function requireNames({ name, fullName: full, email }: Partial<NewGroup>): void {
  if (name !== undefined) checked(groupName, name);
  if (full !== undefined) checked(fullName, full);
  if (email !== undefined && email !== '') checked(mailAddress, email);
}

/** Deletes a group; its members stay. Throws NOT_FOUND. */
export async function deleteGroup(tx: Database, tenant: TenantId, name: string): Promise<void> {
  await lockTenant(tx, tenant);
  const group = await requireGroup(tx, tenant, name);
  await tx.deleteFrom('addresses').where('tenant_id', '=', tenant).where('group_id', '=', group).execute();
  await tx.deleteFrom('group_members').where('tenant_id', '=', tenant).where('group_id', '=', group).execute();
  await forgetMember(tx, tenant, 'group', group);
  await noteGroup(tx, tenant, group, AB_CHANGE.GONE);
  await tx.deleteFrom('groups').where('tenant_id', '=', tenant).where('id', '=', group).execute();
}

/** Groups by name, those after a name, at most `limit`. Everyone is not among them. */
export async function listGroups(db: Database, tenant: TenantId, after: string, limit: number): Promise<Group[]> {
  const rows = await db
    .selectFrom('groups')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute();
  return Promise.all(rows.map((row) => groupOf(db, tenant, row)));
}

/** A group by name, Everyone too. Throws NOT_FOUND, for a group of another tenant too. */
export async function getGroup(db: Database, tenant: TenantId, name: string): Promise<Group> {
  if (isEveryone(name)) {
    const users = await db
      .selectFrom('users')
      .select('login')
      .where('tenant_id', '=', tenant)
      .orderBy('login')
      .execute();
    const logins = users.map((user) => user.login);
    return { name: EVERYONE, fullName: EVERYONE, email: '', hidden: false, users: logins, groups: [] };
  }
  const row = await db
    .selectFrom('groups')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('name', '=', name)
    .executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such group');
  return groupOf(db, tenant, row);
}

async function noteGroup(tx: Database, tenant: TenantId, id: GroupId, change: AddressBookChangeKind): Promise<void> {
  const { guid } = await tx
    .selectFrom('groups')
    .select('guid')
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  await noteChange(tx, tenant, { kind: 'group', id, guid }, change);
}

/** A member of a group. */
export type Member = { kind: 'user'; login: string } | { kind: 'group'; name: string };

/** Adds a member to a group. Throws NOT_FOUND, COLLISION for a member already, and BAD_VALUE for a group that would contain itself. */
export async function addMember(tx: Database, tenant: TenantId, name: string, member: Member): Promise<void> {
  await lockTenant(tx, tenant);
  const group = await requireGroup(tx, tenant, name);
  const id = await memberId(tx, tenant, member);
  if (member.kind === 'group' && (id === group || (await groupsBelow(tx, tenant, id as GroupId)).has(group)))
    throw new PamojaError('BAD_VALUE', 'a group cannot be in itself');
  await collisionIfTaken(
    'the member is already in the group',
    tx
      .insertInto('group_members')
      .values({ tenant_id: tenant, group_id: group, kind: member.kind, member_id: id })
      .execute(),
  );
  await noteGroup(tx, tenant, group, AB_CHANGE.CHANGED);
}

/** Removes a member from a group. Throws NOT_FOUND when it is not a member. */
export async function removeMember(tx: Database, tenant: TenantId, name: string, member: Member): Promise<void> {
  await lockTenant(tx, tenant);
  const group = await requireGroup(tx, tenant, name);
  const result = await tx
    .deleteFrom('group_members')
    .where('tenant_id', '=', tenant)
    .where('group_id', '=', group)
    .where('kind', '=', member.kind)
    .where('member_id', '=', await memberId(tx, tenant, member))
    .executeTakeFirst();
  if (Number(result.numDeletedRows) !== 1) throw new PamojaError('NOT_FOUND', 'no such member of the group');
  await noteGroup(tx, tenant, group, AB_CHANGE.CHANGED);
}

/** All users in a group, directly or through groups within it. */
export async function membersOf(db: Database, tenant: TenantId, group: GroupId): Promise<UserId[]> {
  const groups = await groupsBelow(db, tenant, group);
  const rows = await db
    .selectFrom('group_members')
    .select('member_id')
    .distinct()
    .where('tenant_id', '=', tenant)
    .where('group_id', 'in', [group, ...groups])
    .where('kind', '=', 'user')
    .execute();
  return rows.map((row) => row.member_id as UserId);
}

/** Names of the groups that a user is in, directly or through another group, Everyone first. */
export async function groupsOfUser(db: Database, tenant: TenantId, user: UserId): Promise<string[]> {
  const found = new Set<number>();
  let level = await containers(db, tenant, 'user', [user]);
  while (level.length > 0) {
    for (const group of level) found.add(group);
    level = (await containers(db, tenant, 'group', level)).filter((group) => !found.has(group));
  }
  if (found.size === 0) return [EVERYONE];
  const rows = await db
    .selectFrom('groups')
    .select('name')
    .where('tenant_id', '=', tenant)
    .where('id', 'in', [...found])
    .orderBy('name')
    .execute();
  return [EVERYONE, ...rows.map((row) => row.name)];
}

/** Removes a user or a group that is being deleted from all groups. */
export async function forgetMember(tx: Database, tenant: TenantId, kind: 'user' | 'group', id: number): Promise<void> {
  await tx
    .deleteFrom('group_members')
    .where('tenant_id', '=', tenant)
    .where('kind', '=', kind)
    .where('member_id', '=', id)
    .execute();
}

async function containers(
  db: Database,
  tenant: TenantId,
  kind: 'user' | 'group',
  members: readonly number[],
): Promise<number[]> {
  const rows = await db
    .selectFrom('group_members')
    .select('group_id')
    .distinct()
    .where('tenant_id', '=', tenant)
    .where('kind', '=', kind)
    .where('member_id', 'in', members)
    .execute();
  return rows.map((row) => row.group_id);
}

/** The groups within a group, at any depth, each once. */
async function groupsBelow(db: Database, tenant: TenantId, group: GroupId): Promise<Set<GroupId>> {
  const found = new Set<GroupId>();
  for (let level: GroupId[] = [group]; level.length > 0; ) {
    const rows = await db
      .selectFrom('group_members')
      .select('member_id')
      .distinct()
      .where('tenant_id', '=', tenant)
      .where('group_id', 'in', level)
      .where('kind', '=', 'group')
      .execute();
    level = rows.map((row) => row.member_id as GroupId).filter((id) => !found.has(id));
    for (const id of level) found.add(id);
  }
  return found;
}

async function memberId(tx: Database, tenant: TenantId, member: Member): Promise<number> {
  if (member.kind === 'group') return requireGroup(tx, tenant, member.name);
  return userId(tx, tenant, member.login);
}

async function requireGroup(tx: Database, tenant: TenantId, name: string): Promise<GroupId> {
  if (isEveryone(name)) throw new PamojaError('BAD_VALUE', 'the group Everyone cannot be changed');
  const row = await tx
    .selectFrom('groups')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('name', '=', name)
    .executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such group');
  return row.id as GroupId;
}

async function writeAddress(tx: Database, tenant: TenantId, group: GroupId, email: string): Promise<void> {
  await tx.deleteFrom('addresses').where('tenant_id', '=', tenant).where('group_id', '=', group).execute();
  if (email === '') return;
  const address = canonicalAddress(email);
  if (!(await listDomains(tx, tenant)).includes(domainOf(address)))
    throw new PamojaError('BAD_VALUE', `${address} is not in a domain of this tenant`);
  await collisionIfTaken(
    'an address is already taken',
    tx
      .insertInto('addresses')
      .values({ address, tenant_id: tenant, user_id: null, group_id: group, is_primary: 1 })
      .execute(),
  );
}

interface GroupRow {
  id: number;
  name: string;
  full_name: string;
  email: string;
  hidden: number;
}

async function groupOf(db: Database, tenant: TenantId, row: GroupRow): Promise<Group> {
  const members = await db
    .selectFrom('group_members')
    .leftJoin('users', (join) =>
      join
        .onRef('users.tenant_id', '=', 'group_members.tenant_id')
        .onRef('users.id', '=', 'group_members.member_id')
        .on('group_members.kind', '=', 'user'),
    )
    .leftJoin('groups', (join) =>
      join
        .onRef('groups.tenant_id', '=', 'group_members.tenant_id')
        .onRef('groups.id', '=', 'group_members.member_id')
        .on('group_members.kind', '=', 'group'),
    )
    .select(['users.login', 'groups.name'])
    .where('group_members.tenant_id', '=', tenant)
    .where('group_members.group_id', '=', row.id)
    .execute();
  return {
    name: row.name,
    fullName: row.full_name,
    email: row.email,
    hidden: row.hidden === 1,
    users: members.flatMap(({ login }) => login ?? []).sort(),
    groups: members.flatMap(({ name }) => name ?? []).sort(),
  };
}

const isEveryone = (name: string): boolean => name.toLowerCase() === EVERYONE.toLowerCase();
