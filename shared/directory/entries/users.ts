import { sql } from 'kysely';
import { signalAccount } from '../../database/account-signals.ts';
import type { Database } from '../../database/database.ts';
import { collisionIfTaken } from '../../database/duplicate-key.ts';
import { likeLiteral } from '../../database/like.ts';
import type { UsersTable } from '../../database/schema.ts';
import { inTransaction } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import { newGuid, type StoreRef, type TenantId, type UserId } from '../../store/engine/ids.ts';
import { storeIdsOfUser } from '../../store/stores/store-ids-of-user.ts';
import { createStore } from '../../store/trees/create-store.ts';
import { leaveStore } from '../../store/trees/store-ownership.ts';
import type { DirectoryContext } from '../context.ts';
import { requireLoginName } from '../login/login-name.ts';
import { newPassword, type StoredPassword, unknownPassword } from '../login/passwords.ts';
import { endingUserSessions } from '../login/session-version.ts';
import type { QuotaLevels } from '../quota/quota-levels.ts';
import { listDomains, lockTenant } from '../tenants/tenants.ts';
import { requireBytes, requireRoom } from '../tenants/user-limits.ts';
import { AB_CHANGE, noteChange } from './address-book-changes.ts';
import { canonicalAddress, domainOf } from './addresses.ts';
import { checked, featureName, fullName, loginName, mailAddress } from './entry-schemas.ts';
import { forgetMember } from './groups.ts';
import { forgetDelegates } from './send-as.ts';

export type UserType = 'user' | 'room' | 'equipment';

/** A user as administrators see it. */
export interface User {
  login: string;
  email: string;
  fullName: string;
  /** Further addresses. */
  aliases: string[];
  /** Rooms and equipment are booked and cannot log in (manual 8.8). */
  type: UserType;
  /** An inactive user cannot log in, and still gets mail (manual 8.3.2). */
  active: boolean;
  /** Not shown in the address book. */
  hidden: boolean;
  /** 0 user, 1 administrator of the tenant (manual 6.2.6). */
  adminLevel: number;
  /** Features switched on and off, overriding the global configuration (manual 8.7.2). */
  featuresOn: string[];
  featuresOff: string[];
  /** Undefined: the configured levels apply. */
  quota: QuotaLevels | undefined;
  /** Bytes in the store. */
  size: number;
}

export interface NewUser {
  login: string;
  /** Empty for a user who cannot log in. */
  password: string;
  email: string;
  fullName: string;
  aliases?: readonly string[];
  /** Features that this user has although they are disabled globally (manual 8.7.2). */
  features?: readonly string[];
  quota?: QuotaLevels;
  type?: UserType;
  /** Absent: yes for a user, no for a room and for equipment. */
  active?: boolean;
  hidden?: boolean;
  adminLevel?: number;
  /** Language of the folders; absent: `default_store_locale`. */
  locale?: string;
}

/**
 * Creates a user with a private store. Throws COLLISION when the login or an address is taken, BAD_VALUE when an address is not
 * in one of the tenant's domains, UNABLE_TO_COMPLETE at a limit of the tenant.
 */
export async function createUser(
  context: DirectoryContext,
  tenant: TenantId,
  user: NewUser,
): Promise<{ user: UserId; store: StoreRef }> {
  const password =
    user.password === '' && !logsIn(user) ? await unknownPassword() : await newPassword(context.options, user.password);
  return inTransaction(context.db, (tx) => insertUser(tx, context, tenant, user, password));
}

const logsIn = ({ active, type = 'user' }: NewUser): boolean => active ?? type === 'user';

/** The same within the caller's transaction, with the password hashed. */
export async function insertUser(
  tx: Database,
  { clock, options }: DirectoryContext,
  tenant: TenantId,
  user: NewUser,
  password: StoredPassword,
): Promise<{ user: UserId; store: StoreRef }> {
  requireNames(user);
  requireFeatures(user.features);
  const limits = await lockTenant(tx, tenant);
  await requireRoom(tx, tenant, limits, user.quota);
  await requireLoginName(tx, tenant, options, user.login);
  const now = clock();
  const guid = newGuid(now);
  const inserted = await collisionIfTaken(
    'the login is already taken',
    tx
      .insertInto('users')
      .values({
        tenant_id: tenant,
        guid,
        login: canonicalAddress(user.login),
        full_name: user.fullName,
        email: canonicalAddress(user.email),
        password_hash: password.hash,
        scram: password.scram,
        type: user.type ?? 'user',
        active: logsIn(user) ? 1 : 0,
        hidden: user.hidden ? 1 : 0,
        admin_level: user.adminLevel ?? 0,
        features_on: (user.features ?? []).join(' '),
        features_off: '',
        ...quotaColumns(user.quota),
        created_at: now,
      })
      .executeTakeFirstOrThrow(),
  );
  const id = Number(inserted.insertId) as UserId;
  await writeAddresses(tx, tenant, id, user.email, user.aliases ?? []);
  await noteChange(tx, tenant, { kind: 'user', id, guid }, AB_CHANGE.NEW);
  const store = await createStore(tx, tenant, id, user.locale ?? options.default_store_locale, now);
  return { user: id, store };
}

/** Users by login, those after a login, at most `limit`; with `domain`, those whose login is in it. */
export async function listUsers(
  db: Database,
  tenant: TenantId,
  after: string,
  limit: number,
  domain?: string,
): Promise<User[]> {
  const rows = await userRows(db, tenant)
    .where('users.login', '>', after)
    .$if(domain !== undefined, (query) => query.where('users.login', 'like', `%@${likeLiteral(domain ?? '')}`))
    .orderBy('users.login')
    .limit(limit)
    .execute();
  return withAliases(db, tenant, rows);
}

/** A user by login. Throws NOT_FOUND, for a user of another tenant too. */
export async function getUser(db: Database, tenant: TenantId, login: string): Promise<User> {
  const rows = await userRows(db, tenant).where('users.login', '=', canonicalAddress(login)).execute();
  const [user] = await withAliases(db, tenant, rows);
  if (!user) throw new PamojaError('NOT_FOUND', 'no such user');
  return user;
}

/** A change to a user; absent fields stay. */
export interface UserChange {
  /** A new login; mail and store stay. */
  login?: string;
  email?: string;
  fullName?: string;
  type?: UserType;
  active?: boolean;
  hidden?: boolean;
  adminLevel?: number;
  aliases?: readonly string[];
  featuresOn?: readonly string[];
  featuresOff?: readonly string[];
  /** Null: the configured levels apply again. */
  quota?: QuotaLevels | null;
  password?: StoredPassword;
}

/** Columns whose change ends the user's open sessions; the schema takes them only together with a new version. */
const SESSION_COLUMNS = [
  'login',
  'type',
  'admin_level',
  'active',
  'features_on',
  'features_off',
  'password_hash',
] as const;

/** Changes a user, and ends the user's open sessions where something changes that they depend on. Throws NOT_FOUND, and what {@link createUser} throws. */
export async function updateUser(
  tx: Database,
  { options }: Pick<DirectoryContext, 'options'>,
  tenant: TenantId,
  login: string,
  change: UserChange,
): Promise<void> {
  requireNames(change);
  requireFeatures(change.featuresOn);
  requireFeatures(change.featuresOff);
  const limits = await lockTenant(tx, tenant);
  const row = await tx
    .selectFrom('users')
    .select(['id', 'guid', 'email', ...SESSION_COLUMNS])
    .where('tenant_id', '=', tenant)
    .where('login', '=', canonicalAddress(login))
    .executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such user');
  if (change.quota !== undefined) await requireBytes(tx, tenant, limits, change.quota ?? undefined, row.id as UserId);
  if (change.login !== undefined) await requireLoginName(tx, tenant, options, change.login);
  if (change.aliases || change.email !== undefined) {
    const aliases = change.aliases ?? (await aliasesOf(tx, tenant, [row.id])).map(({ address }) => address);
    await tx.deleteFrom('addresses').where('tenant_id', '=', tenant).where('user_id', '=', row.id).execute();
    await writeAddresses(tx, tenant, row.id as UserId, change.email ?? row.email, aliases);
  }
  // The changes that open sessions depend on.
  const sensitive = {
    ...(change.login === undefined ? {} : { login: canonicalAddress(change.login) }),
    ...(change.type === undefined ? {} : { type: change.type }),
    ...(change.adminLevel === undefined ? {} : { admin_level: change.adminLevel }),
    ...(change.active === undefined ? {} : { active: change.active ? 1 : 0 }),
    ...(change.featuresOn ? { features_on: change.featuresOn.join(' ') } : {}),
    ...(change.featuresOff ? { features_off: change.featuresOff.join(' ') } : {}),
    ...(change.password ? { password_hash: change.password.hash } : {}),
  };
  const ends = SESSION_COLUMNS.some((name) => sensitive[name] !== undefined && sensitive[name] !== row[name]);
  const columns = {
    ...(ends ? endingUserSessions(tx, row.id, sensitive) : {}),
    ...(change.email === undefined ? {} : { email: canonicalAddress(change.email) }),
    ...(change.hidden === undefined ? {} : { hidden: change.hidden ? 1 : 0 }),
    ...(change.fullName === undefined ? {} : { full_name: change.fullName }),
    ...(change.quota === undefined ? {} : quotaColumns(change.quota ?? undefined)),
    ...(change.password ? { scram: change.password.scram } : {}),
  };
  if (Object.keys(columns).length > 0)
    await collisionIfTaken(
      'the login is already taken',
      tx.updateTable('users').set(columns).where('tenant_id', '=', tenant).where('id', '=', row.id).execute(),
    );
  await noteChange(tx, tenant, { kind: 'user', id: row.id, guid: row.guid }, AB_CHANGE.CHANGED);
}

/** Deletes a user, which ends the user's sessions. The store stays, with the former login (manual 8.2.3). Throws NOT_FOUND. */
export async function deleteUser(tx: Database, tenant: TenantId, login: string): Promise<void> {
  await lockTenant(tx, tenant);
  const name = canonicalAddress(login);
  const row = await tx
    .selectFrom('users')
    .select(['id', 'guid'])
    .where('tenant_id', '=', tenant)
    .where('login', '=', name)
    .executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such user');
  await tx.deleteFrom('addresses').where('tenant_id', '=', tenant).where('user_id', '=', row.id).execute();
  for (const store of await storeIdsOfUser(tx, tenant, row.id as UserId)) await leaveStore(tx, { tenant, store }, name);
  await forgetMember(tx, tenant, 'user', row.id);
  await forgetDelegates(tx, tenant, row.id as UserId);
  await tx
    .deleteFrom('quota_recipients')
    .where('tenant_id', '=', tenant)
    .where('kind', 'in', ['user', 'company'])
    .where('user_id', '=', row.id)
    .execute();
  // Rows of other tenants too, which the user may administer.
  await tx.deleteFrom('company_admins').where('user_id', '=', row.id).execute();
  for (const table of ['annotations', 'subscriptions'] as const)
    await tx.deleteFrom(table).where('tenant_id', '=', tenant).where('user_id', '=', row.id).execute();
  await noteChange(tx, tenant, { kind: 'user', id: row.id, guid: row.guid }, AB_CHANGE.GONE);
  await tx.deleteFrom('users').where('tenant_id', '=', tenant).where('id', '=', row.id).execute();
  signalAccount(tx, `u${row.id}`);
}

/** By the logins of a tenant: MySQL reads all its users for a page of them, and sorts. */
const usersByLogin = sql<UsersTable>`\`users\``.as<'users'>(sql`\`users\` FORCE INDEX (\`users_tenant_login\`)`);

const userRows = (db: Database, tenant: TenantId) =>
  db
    .selectFrom(usersByLogin)
    .leftJoin('stores', (join) =>
      join.onRef('stores.tenant_id', '=', 'users.tenant_id').onRef('stores.user_id', '=', 'users.id'),
    )
    .selectAll('users')
    .select('stores.size')
    .where('users.tenant_id', '=', tenant);

type UserRow = Awaited<ReturnType<ReturnType<typeof userRows>['execute']>>[number];

async function withAliases(db: Database, tenant: TenantId, rows: readonly UserRow[]): Promise<User[]> {
  if (rows.length === 0) return [];
  const addresses = await aliasesOf(
    db,
    tenant,
    rows.map((row) => row.id),
  );
  return rows.map((row) => ({
    login: row.login,
    email: row.email,
    fullName: row.full_name,
    aliases: addresses.filter((address) => address.user_id === row.id).map((address) => address.address),
    type: row.type as UserType,
    active: row.active === 1,
    hidden: row.hidden === 1,
    adminLevel: row.admin_level,
    featuresOn: row.features_on.split(' ').filter(Boolean),
    featuresOff: row.features_off.split(' ').filter(Boolean),
    quota: row.quota_override === 1 ? { warn: row.quota_warn, soft: row.quota_soft, hard: row.quota_hard } : undefined,
    size: row.size ?? 0,
  }));
}

const aliasesOf = (db: Database, tenant: TenantId, users: readonly number[]) =>
  db
    .selectFrom('addresses')
    .select(['address', 'user_id'])
    .where('tenant_id', '=', tenant)
    .where('is_primary', '=', 0)
    .where('user_id', 'in', users)
    .orderBy('address')
    .execute();

/** Throws BAD_VALUE for a login, a name or an address that is not allowed. */
function requireNames(user: Pick<UserChange, 'login' | 'fullName' | 'email' | 'aliases'>): void {
  if (user.login !== undefined) checked(loginName, user.login);
  if (user.fullName !== undefined) checked(fullName, user.fullName);
  for (const address of [...(user.email === undefined ? [] : [user.email]), ...(user.aliases ?? [])])
    checked(mailAddress, address);
}

/** Length of the columns of features, in characters. */
const MAX_FEATURES = 255;

function requireFeatures(features: readonly string[] = []): void {
  for (const feature of features) checked(featureName, feature);
  if (features.join(' ').length > MAX_FEATURES) throw new PamojaError('BAD_VALUE', 'too many features');
}

const quotaColumns = (quota: QuotaLevels | undefined) => ({
  quota_override: quota ? 1 : 0,
  quota_warn: quota?.warn ?? 0,
  quota_soft: quota?.soft ?? 0,
  quota_hard: quota?.hard ?? 0,
});

async function writeAddresses(
  tx: Database,
  tenant: TenantId,
  user: UserId,
  email: string,
  aliases: readonly string[],
): Promise<void> {
  const addresses = [...new Set([email, ...aliases].map(canonicalAddress))];
  const own = new Set(await listDomains(tx, tenant));
  const foreign = addresses.find((address) => !own.has(domainOf(address)));
  if (foreign !== undefined) throw new PamojaError('BAD_VALUE', `${foreign} is not in a domain of this tenant`);
  const rows = addresses.map((address, i) => ({
    address,
    tenant_id: tenant,
    user_id: user,
    is_primary: i === 0 ? 1 : 0,
  }));
  await collisionIfTaken('an address is already taken', tx.insertInto('addresses').values(rows).execute());
}
