import type { Database } from '../../database/database.ts';
import { collisionIfTaken } from '../../database/duplicate-key.ts';
import { likeLiteral } from '../../database/like.ts';
import { inTransaction } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import { newGuid, type TenantId } from '../../store/engine/ids.ts';
import { createPublicStore } from '../../store/trees/create-store.ts';
import type { DirectoryContext } from '../context.ts';
import { canonicalAddress } from '../entries/addresses.ts';
import { checked, mailDomain, tenantName } from '../entries/entry-schemas.ts';
import { endingTenantSessions } from '../login/session-version.ts';
import { releaseNames } from './released-names.ts';

/** The limits that the provider sets for a tenant; 0 is no limit. */
export interface TenantLimits {
  domains: number;
  users: number;
  groups: number;
  /** The most bytes that the hard quotas of all users may add up to. */
  bytes: number;
  /** Messages that all users together may submit in an hour. */
  hourlyMessages: number;
  /** The most recipients and bytes of one submitted message. */
  recipients: number;
  messageBytes: number;
}

export const NO_LIMITS: TenantLimits = {
  domains: 0,
  users: 0,
  groups: 0,
  bytes: 0,
  hourlyMessages: 0,
  recipients: 0,
  messageBytes: 0,
};

export type SqlTenantState = 'active' | 'suspended' | 'deleting' | 'removing';

export interface Tenant {
  id: TenantId;
  guid: Buffer;
  name: string;
  state: SqlTenantState;
  limits: TenantLimits;
  /** Milliseconds since 1970 (UTC). */
  createdAt: number;
  deleteAfter: number | null;
}

/** Creates a tenant with its mail domains. Throws COLLISION when its name or a domain is taken; a deleted tenant of that name releases its own. */
export const createTenant = (
  context: DirectoryContext,
  name: string,
  domains: readonly string[],
  limits = NO_LIMITS,
): Promise<TenantId> =>
  inTransaction(context.db, (tx) =>
    insertTenant(tx, context, { name, domains, limits, guid: newGuid(context.clock()) }),
  );

export interface NewTenant {
  name: string;
  domains: readonly string[];
  limits: TenantLimits;
  guid: Buffer;
}

/** The same within the caller's transaction. */
export async function insertTenant(
  tx: Database,
  { clock, options }: DirectoryContext,
  { name, domains, limits, guid }: NewTenant,
): Promise<TenantId> {
  checked(tenantName, name);
  await releaseNames(tx, name);
  const row = {
    guid,
    name,
    state: 'active',
    created_at: clock(),
    ...limitColumns(limits),
    delete_after: null,
  };
  const inserted = await collisionIfTaken(
    'the tenant is already taken',
    tx.insertInto('tenants').values(row).executeTakeFirstOrThrow(),
  );
  const tenant = Number(inserted.insertId) as TenantId;
  for (const domain of domains) await addDomain(tx, tenant, domain);
  // Manual 6.2: every tenant has a public store.
  await createPublicStore(tx, tenant, options.default_store_locale, clock());
  return tenant;
}

/** A tenant by its name, or undefined. Compared again here, since the database ignores trailing blanks. */
export async function findTenant(db: Database, name: string): Promise<Tenant | undefined> {
  const row = await db.selectFrom('tenants').selectAll().where('name', '=', name).executeTakeFirst();
  return row?.name === name ? tenantOf(row) : undefined;
}

export async function findTenantById(db: Database, id: TenantId): Promise<Tenant | undefined> {
  const row = await db.selectFrom('tenants').selectAll().where('id', '=', id).executeTakeFirst();
  return row && tenantOf(row);
}

/** Tenants by name, those after a name, at most `limit`. For the provider only. */
export async function listTenants(db: Database, after: string, limit: number): Promise<Tenant[]> {
  const rows = await db
    .selectFrom('tenants')
    .selectAll()
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute();
  return rows.map(tenantOf);
}

/** Changes a tenant's state. Users of a suspended or deleting tenant cannot log in and get no mail; all data stays. */
export async function setTenantState(
  tx: Database,
  tenant: TenantId,
  state: SqlTenantState,
  deleteAfter: number | null,
): Promise<void> {
  await tx
    .updateTable('tenants')
    .set({ ...endingTenantSessions(tx, tenant, { state }), delete_after: deleteAfter })
    .where('id', '=', tenant)
    .execute();
}

export async function setTenantLimits(tx: Database, tenant: TenantId, limits: TenantLimits): Promise<void> {
  await tx.updateTable('tenants').set(limitColumns(limits)).where('id', '=', tenant).execute();
}

/** Locks a tenant, so that limits are checked against its present state. Throws BUSY for a deleted tenant, which takes no more changes. */
export async function lockTenant(tx: Database, tenant: TenantId): Promise<TenantLimits> {
  const row = await tx.selectFrom('tenants').selectAll().where('id', '=', tenant).forUpdate().executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such tenant');
  if (row.state === 'deleting' || row.state === 'removing') throw new PamojaError('BUSY', 'the tenant is deleted');
  return limitsOf(row);
}

/** The tenant of a domain; undefined for a domain that is not hosted here, and one of a deleted tenant. */
export async function tenantOfDomain(db: Database, domain: string): Promise<TenantId | undefined> {
  const row = await db
    .selectFrom('domains')
    .innerJoin('tenants', 'tenants.id', 'domains.tenant_id')
    .select('domains.tenant_id')
    .where('domains.name', '=', canonicalAddress(domain))
    .where('tenants.state', 'in', ['active', 'suspended'])
    .executeTakeFirst();
  return row?.tenant_id as TenantId | undefined;
}

/** The verified domains of a tenant: proved by it, or vouched for by the provider. */
export async function listDomains(db: Database, tenant: TenantId): Promise<string[]> {
  const rows = await db.selectFrom('domains').select('name').where('tenant_id', '=', tenant).orderBy('name').execute();
  return rows.map((row) => row.name);
}

/**
 * Adds a mail domain that the provider vouches for; tenants claim a domain (`claimDomain`) and prove it. Throws COLLISION for a domain
 * that any tenant has, and UNABLE_TO_COMPLETE at the tenant's limit.
 */
export async function addDomain(tx: Database, tenant: TenantId, domain: string): Promise<void> {
  const name = checked(mailDomain, canonicalAddress(domain));
  await lockTenant(tx, tenant);
  await tx.deleteFrom('domain_claims').where('tenant_id', '=', tenant).where('name', '=', name).execute();
  await requireRoomForDomain(tx, tenant);
  await collisionIfTaken(
    'the domain is already taken',
    tx.insertInto('domains').values({ name, tenant_id: tenant, proved_by: 'provider' }).execute(),
  );
}

/** Locks the tenant. Throws UNABLE_TO_COMPLETE when it has as many domains, proved or not, as it may have. */
export async function requireRoomForDomain(tx: Database, tenant: TenantId): Promise<void> {
  const limits = await lockTenant(tx, tenant);
  if (limits.domains === 0) return;
  const count = async (table: 'domains' | 'domain_claims'): Promise<number> =>
    (await tx.selectFrom(table).select('name').where('tenant_id', '=', tenant).execute()).length;
  if ((await count('domains')) + (await count('domain_claims')) >= limits.domains)
    throw new PamojaError('UNABLE_TO_COMPLETE', `the tenant may have ${limits.domains} domains`);
}

/**
 * Removes a domain with its DKIM key, or the claim to a domain. Throws NOT_FOUND, and COLLISION while it has addresses or logins:
 * the next tenant that proves the domain must not find users of this one in it.
 */
export async function removeDomain(tx: Database, tenant: TenantId, domain: string): Promise<void> {
  await lockTenant(tx, tenant);
  const name = canonicalAddress(domain);
  const claim = await tx
    .deleteFrom('domain_claims')
    .where('tenant_id', '=', tenant)
    .where('name', '=', name)
    .executeTakeFirst();
  if (Number(claim.numDeletedRows) === 1) return;
  const within = `%@${likeLiteral(name)}`;
  const address = await tx
    .selectFrom('addresses')
    .select('address')
    .where('tenant_id', '=', tenant)
    .where('address', 'like', within)
    .limit(1)
    .executeTakeFirst();
  if (address) throw new PamojaError('COLLISION', 'there are addresses in the domain');
  const login = await tx
    .selectFrom('users')
    .select('login')
    .where('tenant_id', '=', tenant)
    .where('login', 'like', within)
    .limit(1)
    .executeTakeFirst();
  if (login) throw new PamojaError('COLLISION', 'there are logins in the domain');
  await tx.deleteFrom('dkim_keys').where('tenant_id', '=', tenant).where('domain', '=', name).execute();
  const result = await tx
    .deleteFrom('domains')
    .where('tenant_id', '=', tenant)
    .where('name', '=', name)
    .executeTakeFirst();
  if (Number(result.numDeletedRows) !== 1) throw new PamojaError('NOT_FOUND', 'no such domain');
}

interface LimitColumns {
  max_domains: number;
  max_users: number;
  max_groups: number;
  max_bytes: number;
  max_hourly_messages: number;
  max_recipients: number;
  max_message_bytes: number;
}

const limitColumns = (limits: TenantLimits): LimitColumns => ({
  max_domains: limits.domains,
  max_users: limits.users,
  max_groups: limits.groups,
  max_bytes: limits.bytes,
  max_hourly_messages: limits.hourlyMessages,
  max_recipients: limits.recipients,
  max_message_bytes: limits.messageBytes,
});

const limitsOf = (row: LimitColumns): TenantLimits => ({
  domains: row.max_domains,
  users: row.max_users,
  groups: row.max_groups,
  bytes: row.max_bytes,
  hourlyMessages: row.max_hourly_messages,
  recipients: row.max_recipients,
  messageBytes: row.max_message_bytes,
});

interface TenantRow extends LimitColumns {
  id: number;
  guid: Buffer;
  name: string;
  state: string;
  created_at: number;
  delete_after: number | null;
}

const tenantOf = (row: TenantRow): Tenant => ({
  id: row.id as TenantId,
  guid: row.guid,
  name: row.name,
  state: row.state as SqlTenantState,
  limits: limitsOf(row),
  createdAt: row.created_at,
  deleteAfter: row.delete_after,
});
