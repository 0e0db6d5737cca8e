import type { Database } from '../../database/database.ts';
import { collisionIfTaken } from '../../database/duplicate-key.ts';
import { likeLiteral } from '../../database/like.ts';
import { inTransaction } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import { newGuid, type TenantId } from '../../store/engine/ids.ts';
import { createPublicStore } from '../../store/trees/create-store.ts';
import type { DirectoryContext } from '../context.ts';
import { canonicalAddress } from '../entries/addresses.ts';
import { checked, companyName, mailDomain } from '../entries/entry-schemas.ts';
import { endingTenantSessions } from '../login/session-version.ts';
import { releaseNames } from './released-names.ts';

/** What a tenant's administrators work inside and cannot pass; 0 is no limit. */
export interface TenantLimits {
  domains: number;
  users: number;
  groups: number;
  /** Bytes: what the hard quotas of all users may come to. */
  bytes: number;
  /** Messages that all users together may submit in an hour. */
  hourlyMessages: number;
  /** Recipients and bytes of one message that is submitted. */
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

/** Makes a tenant with its mail domains. Throws COLLISION when its name or one of the domains is taken; those of a deleted tenant of that name are not. */
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
  checked(companyName, name);
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
  // Manual 6.2: a company comes with its public store.
  await createPublicStore(tx, tenant, options.default_store_locale, clock());
  return tenant;
}

/** A tenant by its name, or undefined. The name exactly: the database passes over blanks at the end. */
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

/** Suspended and deleting tenants neither log in nor get mail, and keep everything. */
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

/** Locks the tenant, so that limits are checked against what is really there. Throws BUSY for one that is deleted: nothing is made or changed in it. */
export async function lockTenant(tx: Database, tenant: TenantId): Promise<TenantLimits> {
  const row = await tx.selectFrom('tenants').selectAll().where('id', '=', tenant).forUpdate().executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such tenant');
  if (row.state === 'deleting' || row.state === 'removing') throw new PamojaError('BUSY', 'the tenant is deleted');
  return limitsOf(row);
}

/** Whose a domain is; undefined for one that nobody has here, or a tenant that is deleted. */
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

/** Domains that are the tenant's: proved, or vouched for by the provider. */
export async function listDomains(db: Database, tenant: TenantId): Promise<string[]> {
  const rows = await db.selectFrom('domains').select('name').where('tenant_id', '=', tenant).orderBy('name').execute();
  return rows.map((row) => row.name);
}

/**
 * Adds a mail domain that the provider vouches for; tenants claim theirs (`claimDomain`) and prove it. Throws COLLISION when it is taken, by
 * whomever, and UNABLE_TO_COMPLETE at the tenant's limit.
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
 * Removes a domain, and the key that signed its mail, or the claim to one. Throws NOT_FOUND, and COLLISION while addresses or logins are in it:
 * the next who proves the domain must find nobody of this tenant there.
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
