import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import { likeLiteral } from '../../database/like.ts';
import { StatementCache } from '../../database/statement-cache.ts';
import { readBatch } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { Options } from '../../platform/options.ts';
import type { TenantId, UserId } from '../../store/engine/ids.ts';
import { type TenantScope, tenantsOf } from '../../store/stores/stores.ts';
import { effectiveQuota, QUOTA_COLUMNS, type QuotaLevels } from '../quota/quota-levels.ts';
import { canonicalAddress } from './addresses.ts';
import { featureNames } from './features.ts';
import type { GroupId } from './groups.ts';
import { visibleTo } from './tenant-grants.ts';
import type { UserType } from './users.ts';

interface Entry {
  tenant: TenantId;
  guid: Buffer;
  /** Login of a user, name of a group or a tenant. */
  name: string;
  fullName: string;
  email: string;
  hidden: boolean;
  type: UserType;
  active: boolean;
  adminLevel: number;
  featuresOn: readonly string[];
  featuresOff: readonly string[];
  /** Further addresses. */
  aliases: readonly string[];
}

export type UserEntry = Entry & { kind: 'user'; id: UserId };
export type GroupEntry = Entry & { kind: 'group'; id: GroupId };
/** A tenant as an entry: Kopano's address book and administration call it a company. */
export type CompanyEntry = Entry & { kind: 'company'; id: TenantId };

/**
 * A user, a group or a tenant, as the address book and administration show it. Ids are unique within a kind only: a
 * group and a user may have the same id.
 */
export type DirectoryEntry = UserEntry | GroupEntry | CompanyEntry;

/** An id with its kind. */
export type DirectoryEntryId =
  | { kind: 'user'; id: UserId }
  | { kind: 'group'; id: GroupId }
  | { kind: 'company'; id: TenantId };

/** An id as rows store it, beside its kind. */
export const directoryEntryId = (kind: DirectoryEntryId['kind'], id: number): DirectoryEntryId =>
  ({ kind, id }) as DirectoryEntryId;

/** How an entry of a kind is looked up. */
export type DirectoryEntryKey<Id extends DirectoryEntryId['id']> = { id: Id } | { guid: Buffer } | { name: string };

const userRows = (db: Database, scope: TenantScope) =>
  db
    .selectFrom('users')
    .selectAll()
    .$if(scope !== 'all', (query) => query.where('tenant_id', 'in', tenantsOf(scope)));

const groupRows = (db: Database, scope: TenantScope) =>
  db
    .selectFrom('groups')
    .selectAll()
    .$if(scope !== 'all', (query) => query.where('tenant_id', 'in', tenantsOf(scope)));

const tenantRows = (db: Database, scope: TenantScope) =>
  db
    .selectFrom('tenants')
    .selectAll()
    .where('state', '!=', 'deleting')
    .$if(scope !== 'all', (query) => query.where('id', 'in', tenantsOf(scope)));

const tenantAdmins = (db: Database, user: UserId) =>
  db.selectFrom('company_admins').select('tenant_id').where('user_id', '=', user);

type AliasRow = { address: string; user_id: number | null };
type UserRow = Awaited<ReturnType<ReturnType<typeof userRows>['execute']>>[number];

const aliasRows = (db: Database, tenants: readonly number[], users: readonly number[]) =>
  db
    .selectFrom('addresses')
    .select(['address', 'user_id'])
    .where('tenant_id', 'in', tenants)
    .where('user_id', 'in', users)
    .where('is_primary', '=', 0)
    .orderBy('address');

async function usersOf(db: Database, rows: readonly UserRow[]): Promise<UserEntry[]> {
  if (rows.length === 0) return [];
  const tenants = [...new Set(rows.map((row) => row.tenant_id))];
  const users = rows.map((row) => row.id);
  return withAliases(rows, await aliasRows(db, tenants, users).execute());
}

function withAliases(rows: readonly UserRow[], aliases: readonly AliasRow[]): UserEntry[] {
  const byUser = Map.groupBy(aliases, (row) => row.user_id);
  return rows.map((row) => ({
    kind: 'user',
    id: row.id as UserId,
    tenant: row.tenant_id as TenantId,
    guid: row.guid,
    name: row.login,
    fullName: row.full_name,
    email: row.email,
    hidden: row.hidden === 1,
    type: row.type as UserType,
    active: row.active === 1,
    adminLevel: row.admin_level,
    featuresOn: featureNames(row.features_on),
    featuresOff: featureNames(row.features_off),
    aliases: (byUser.get(row.id) ?? []).map(({ address }) => address),
  }));
}

const plain = { type: 'user' as UserType, active: true, adminLevel: 0, featuresOn: [], featuresOff: [], aliases: [] };

type GroupRow = Awaited<ReturnType<ReturnType<typeof groupRows>['execute']>>[number];
const groupOf = (row: GroupRow): GroupEntry => ({
  ...plain,
  kind: 'group',
  id: row.id as GroupId,
  tenant: row.tenant_id as TenantId,
  guid: row.guid,
  name: row.name,
  fullName: row.full_name,
  email: row.email,
  hidden: row.hidden === 1,
});

type TenantRow = Awaited<ReturnType<ReturnType<typeof tenantRows>['execute']>>[number];
const tenantEntryOf = (row: TenantRow): CompanyEntry => ({
  ...plain,
  kind: 'company',
  id: row.id as TenantId,
  tenant: row.id as TenantId,
  guid: row.guid,
  name: row.name,
  fullName: row.name,
  email: '',
  hidden: false,
});

const standingTexts = {
  user: new StatementCache<UserRow>(),
  aliases: new StatementCache<AliasRow>(),
  admins: new StatementCache<{ tenant_id: number }>(),
  viewers: new StatementCache<{ tenant_id: number }>(),
  groups: new StatementCache<{ group_id: number }>(),
};

/** The condition that a key sets; `nameColumn` is where this kind of entry has its name. */
function isEntry(key: DirectoryEntryKey<DirectoryEntryId['id']>, nameColumn: 'login' | 'name') {
  if ('id' in key) return sql<boolean>`\`id\` = ${key.id}`;
  if ('guid' in key) return sql<boolean>`\`guid\` = ${key.guid}`;
  return sql<boolean>`${sql.ref(nameColumn)} = ${key.name}`;
}

/** A user of the given tenants. Throws NOT_FOUND, also for a user of another tenant. */
export async function findUser(db: Database, scope: TenantScope, key: DirectoryEntryKey<UserId>): Promise<UserEntry> {
  if ('id' in key && scope !== 'all') return findUserById(db, tenantsOf(scope), key.id);
  const row = await userRows(db, scope)
    .where(isEntry('name' in key ? { name: canonicalAddress(key.name) } : key, 'login'))
    .executeTakeFirst();
  const [user] = row ? await usersOf(db, [row]) : [];
  if (!user) throw new PamojaError('NOT_FOUND', 'no such user');
  return user;
}

async function findUserById(db: Database, tenants: readonly TenantId[], id: UserId): Promise<UserEntry> {
  const { user: users, aliases } = standingTexts;
  const [[row], names] = await readBatch(
    db,
    users.of(db, tenants.length, [...tenants, id], () => userRows(db, tenants).where('id', '=', id)),
    aliases.of(db, tenants.length, [...tenants, id, 0], () => aliasRows(db, tenants, [id])),
  );
  const [user] = row ? withAliases([row], names) : [];
  if (!user) throw new PamojaError('NOT_FOUND', 'no such user');
  return user;
}

const groupsAbove = (db: Database, tenant: TenantId, kind: string, members: readonly number[]) =>
  db
    .selectFrom('group_members')
    .select('group_id')
    .where('tenant_id', '=', tenant)
    .where('kind', '=', kind)
    .where('member_id', 'in', members);

/** A user with the tenants and groups that the user's rights come from. */
export interface UserStanding {
  user: UserEntry;
  /** Tenants that made the user an administrator (manual 6.2.3). */
  administers: TenantId[];
  /** Tenants that the user's tenant may see, itself included. */
  sees: TenantId[];
  /** Ids of all groups that the user is in, directly or through other groups, with 0 for Everyone. */
  groups: number[];
}

/** Reads what a session knows of its user, in parallel. Throws NOT_FOUND. */
export async function standingOf(db: Database, tenant: TenantId, id: UserId): Promise<UserStanding> {
  const texts = standingTexts;
  const [[row], aliases, admins, viewers, groups] = await readBatch(
    db,
    texts.user.of(db, 1, [tenant, id], () => userRows(db, [tenant]).where('id', '=', id)),
    texts.aliases.of(db, 1, [tenant, id, 0], () => aliasRows(db, [tenant], [id])),
    texts.admins.of(db, '', [id], () => tenantAdmins(db, id)),
    texts.viewers.of(db, '', [tenant, 'active'], () => visibleTo(db, tenant)),
    texts.groups.of(db, '', [tenant, 'user', id], () => groupsAbove(db, tenant, 'user', [id])),
  );
  const [user] = row ? withAliases([row], aliases) : [];
  if (!user) throw new PamojaError('NOT_FOUND', 'no such user');
  return {
    user,
    administers: admins.map((each) => each.tenant_id as TenantId),
    sees: [tenant, ...viewers.map((each) => each.tenant_id as TenantId)],
    groups: await withGroupsAbove(
      db,
      tenant,
      groups.map((each) => each.group_id),
    ),
  };
}

/** A group of the given tenants, Everyone excluded. Throws NOT_FOUND. */
export async function findGroup(
  db: Database,
  scope: TenantScope,
  key: DirectoryEntryKey<GroupId>,
): Promise<GroupEntry> {
  const row = await groupRows(db, scope).where(isEntry(key, 'name')).executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such group');
  return groupOf(row);
}

/** Throws NOT_FOUND. */
export async function findTenantEntry(
  db: Database,
  scope: TenantScope,
  key: DirectoryEntryKey<TenantId>,
): Promise<CompanyEntry> {
  const row = await tenantRows(db, scope).where(isEntry(key, 'name')).executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such tenant');
  return tenantEntryOf(row);
}

export async function listUsersOf(db: Database, scope: TenantScope): Promise<UserEntry[]> {
  return usersOf(db, await userRows(db, scope).orderBy('id').execute());
}

export async function listGroupsOf(db: Database, scope: TenantScope): Promise<GroupEntry[]> {
  return (await groupRows(db, scope).orderBy('id').execute()).map(groupOf);
}

export async function usersByIds(db: Database, scope: TenantScope, ids: readonly number[]): Promise<DirectoryEntry[]> {
  return ids.length === 0 ? [] : usersOf(db, await userRows(db, scope).where('id', 'in', ids).execute());
}

export async function groupsByIds(db: Database, scope: TenantScope, ids: readonly number[]): Promise<DirectoryEntry[]> {
  return ids.length === 0 ? [] : (await groupRows(db, scope).where('id', 'in', ids).execute()).map(groupOf);
}

export async function listTenantEntries(db: Database, scope: TenantScope): Promise<CompanyEntry[]> {
  return (await tenantRows(db, scope).where('state', '=', 'active').orderBy('id').execute()).map(tenantEntryOf);
}

/** A user's levels, and whether they are the user's own. */
export async function quotaOfUser(
  db: Database,
  options: Options,
  tenant: TenantId,
  user: UserId,
): Promise<{ levels: QuotaLevels; own: boolean }> {
  const row = await db
    .selectFrom('users')
    .innerJoin('tenants', 'tenants.id', 'users.tenant_id')
    .select(QUOTA_COLUMNS)
    .where('users.tenant_id', '=', tenant)
    .where('users.id', '=', user)
    .executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such user');
  return { levels: effectiveQuota(row, options), own: row.quota_override === 1 };
}

/** The ids of all groups that a user is in, directly or through other groups, with 0 for Everyone. */
export async function groupIdsOf(db: Database, tenant: TenantId, user: UserId): Promise<number[]> {
  const rows = await groupsAbove(db, tenant, 'user', [user]).execute();
  return withGroupsAbove(
    db,
    tenant,
    rows.map((row) => row.group_id),
  );
}

/** Everyone, the given groups and all groups that contain them: one indexed query for each level of nesting. */
async function withGroupsAbove(db: Database, tenant: TenantId, groups: readonly number[]): Promise<number[]> {
  const found = new Set<number>(groups);
  for (let members = [...found]; members.length > 0; ) {
    const rows = await groupsAbove(db, tenant, 'group', members).execute();
    members = [...new Set(rows.map((row) => row.group_id))].filter((group) => !found.has(group));
    for (const group of members) found.add(group);
  }
  return [0, ...found];
}

/** How a name is looked up: `exact` compares addresses, logins and, unless `addressesOnly`, full names; else their beginnings. */
export interface NameSearch {
  exact: boolean;
  addressesOnly: boolean;
}

/**
 * The first users and groups that match a name, without regard to case; hidden entries are left out. At most
 * `limit`, each found by an index.
 */
export async function findByName(
  db: Database,
  scope: TenantScope,
  text: string,
  { exact, addressesOnly }: NameSearch,
  limit: number,
): Promise<DirectoryEntry[]> {
  const operator = exact ? '=' : 'like';
  const wanted = sql<string>`LOWER(${exact ? text : `${likeLiteral(text)}%`})`;
  const users = () => userRows(db, scope).where('hidden', '=', 0).limit(limit);
  const groups = () => groupRows(db, scope).where('hidden', '=', 0).limit(limit);
  const addresses = db
    .selectFrom('addresses')
    .where('address', operator, wanted)
    .$if(!exact, (query) => query.where('is_primary', '=', 1))
    .$if(scope !== 'all', (query) => query.where('addresses.tenant_id', 'in', tenantsOf(scope)))
    .limit(limit);
  const byAddress = {
    users: await addresses
      .innerJoin('users', (join) =>
        join.onRef('users.tenant_id', '=', 'addresses.tenant_id').onRef('users.id', '=', 'addresses.user_id'),
      )
      .where('users.hidden', '=', 0)
      .select('users.id')
      .execute(),
    groups: await addresses
      .innerJoin('groups', (join) =>
        join.onRef('groups.tenant_id', '=', 'addresses.tenant_id').onRef('groups.id', '=', 'addresses.group_id'),
      )
      .where('groups.hidden', '=', 0)
      .select('groups.id')
      .execute(),
  };
  const among = (rows: { id: number }[]) => rows.map(({ id }) => id);
  const userLists = [
    byAddress.users.length > 0 ? await users().where('id', 'in', among(byAddress.users)).execute() : [],
    await users().where('login', operator, wanted).execute(),
    addressesOnly ? [] : await users().where('search_name', operator, wanted).execute(),
  ];
  const groupLists = [
    byAddress.groups.length > 0 ? await groups().where('id', 'in', among(byAddress.groups)).execute() : [],
    await groups().where('search_login', operator, wanted).execute(),
    addressesOnly ? [] : await groups().where('search_name', operator, wanted).execute(),
  ];
  const userRowsFound = new Map(userLists.flat().map((row) => [row.id, row]));
  const groupRowsFound = new Map(groupLists.flat().map((row) => [row.id, row]));
  const people = [...(await usersOf(db, [...userRowsFound.values()])), ...[...groupRowsFound.values()].map(groupOf)];
  return people.slice(0, limit);
}

/** Tenants that a user administers besides the user's own (manual 6.2.3). */
export async function administeredTenants(db: Database, user: UserId): Promise<TenantId[]> {
  const rows = await tenantAdmins(db, user).execute();
  return rows.map((row) => row.tenant_id as TenantId);
}

/** The direct members of a group. */
export async function groupMemberIds(
  db: Database,
  tenant: TenantId,
  group: GroupId,
): Promise<{ users: UserId[]; groups: GroupId[] }> {
  const rows = await db
    .selectFrom('group_members')
    .select(['kind', 'member_id'])
    .where('tenant_id', '=', tenant)
    .where('group_id', '=', group)
    .execute();
  const of = (kind: string) => rows.filter((row) => row.kind === kind).map((row) => row.member_id);
  return { users: of('user') as UserId[], groups: of('group') as GroupId[] };
}
