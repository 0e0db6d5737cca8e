import { randomBytes } from 'node:crypto';
import type { Database } from '../../database/database.ts';
import { collisionIfTaken } from '../../database/duplicate-key.ts';
import { likeLiteral } from '../../database/like.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { Clock } from '../../platform/clock.ts';
import type { TenantId } from '../../store/engine/ids.ts';
import { canonicalAddress } from '../entries/addresses.ts';
import { checked, domainName } from '../entries/entry-schemas.ts';
import { domainsAbove, requireClaimable } from './domain-names.ts';
import { lockTenant, requireRoomForDomain } from './tenants.ts';

/** A domain that a tenant claims and has not proved yet. Until then it has no addresses, no logins and no key. */
export interface DomainClaim {
  tenant: TenantId;
  name: string;
  /** What the owner must publish, see `challengeValue`. */
  token: string;
  /** Milliseconds since 1970 (UTC). */
  createdAt: number;
}

/** How many claims a tenant may have at once, whatever its limit of domains. */
const MAX_CLAIMS = 50;

/**
 * Claims a domain for a tenant. Other tenants may claim the same domain; the first that proves it gets it. Throws
 * BAD_VALUE for a reserved name, COLLISION for a domain that the tenant has claimed already, that another has proved, or that is
 * above or below one of another's, and UNABLE_TO_COMPLETE at a limit.
 */
export async function claimDomain(
  tx: Database,
  { clock, mailHost }: { clock: Clock; mailHost: string },
  tenant: TenantId,
  domain: string,
): Promise<void> {
  const name = checked(domainName, canonicalAddress(domain));
  requireClaimable(name, mailHost);
  await requireRoomForDomain(tx, tenant);
  if ((await listClaims(tx, tenant)).length >= MAX_CLAIMS)
    throw new PamojaError('UNABLE_TO_COMPLETE', `the tenant may have ${MAX_CLAIMS} domains that are not proved`);
  const taken = await tx.selectFrom('domains').select('name').where('name', '=', name).executeTakeFirst();
  if (taken) throw new PamojaError('COLLISION', TAKEN);
  await requireNoRelatives(tx, tenant, name);
  await collisionIfTaken(
    TAKEN,
    tx
      .insertInto('domain_claims')
      // 256 random bits, so that a tenant cannot guess what another must publish.
      .values({ tenant_id: tenant, name, token: randomBytes(32).toString('base64url'), created_at: clock() })
      .execute(),
  );
}

const TAKEN = 'the domain is already taken';

/**
 * Turns a claim into a domain of the tenant, once its owner has published the token. Returns false when the claim no longer exists.
 * Throws COLLISION when another tenant has the domain, or one above or below it.
 */
export async function proveDomain(tx: Database, { tenant, name, token }: DomainClaim): Promise<boolean> {
  await lockTenant(tx, tenant);
  const removed = await tx
    .deleteFrom('domain_claims')
    .where('tenant_id', '=', tenant)
    .where('name', '=', name)
    .where('token', '=', token)
    .executeTakeFirst();
  if (Number(removed.numDeletedRows) !== 1) return false;
  await collisionIfTaken(
    TAKEN,
    tx.insertInto('domains').values({ name, tenant_id: tenant, proved_by: 'dns' }).execute(),
  );
  // After the insert: of two tenants that prove a domain and a subdomain of it concurrently, one waits for the other.
  await requireNoRelatives(tx, tenant, name);
  return true;
}

/**
 * Throws COLLISION when a domain above or below this one is another tenant's: the owner of `acme.com` controls `mail.acme.com`, and mail
 * for both is delivered here.
 */
async function requireNoRelatives(tx: Database, tenant: TenantId, name: string): Promise<void> {
  const below = `${likeLiteral([...`.${name}`].reverse().join(''))}%`;
  const relative = await tx
    .selectFrom('domains')
    .select('name')
    .where('tenant_id', '!=', tenant)
    .where((where) => where.or([where('name', 'in', domainsAbove(name)), where('reversed', 'like', below)]))
    .limit(1)
    .forUpdate()
    .executeTakeFirst();
  if (relative) throw new PamojaError('COLLISION', 'a domain above or below it belongs to another tenant');
}

/** Claims of a tenant by name. */
export async function listClaims(db: Database, tenant: TenantId): Promise<DomainClaim[]> {
  const rows = await db
    .selectFrom('domain_claims')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .orderBy('name')
    .execute();
  return rows.map(claimOf);
}

export async function findClaim(db: Database, tenant: TenantId, name: string): Promise<DomainClaim | undefined> {
  const row = await db
    .selectFrom('domain_claims')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('name', '=', canonicalAddress(name))
    .executeTakeFirst();
  return row && claimOf(row);
}

/** The claims of active tenants that were last checked before `before`, the oldest check first. */
export async function claimsToCheck(db: Database, before: number, limit: number): Promise<DomainClaim[]> {
  const rows = await db
    .selectFrom('domain_claims')
    .innerJoin('tenants', 'tenants.id', 'domain_claims.tenant_id')
    .selectAll('domain_claims')
    .where('tenants.state', '=', 'active')
    .where('domain_claims.checked_at', '<', before)
    .orderBy('domain_claims.checked_at')
    .limit(limit)
    .execute();
  return rows.map(claimOf);
}

/** Records when a claim was last looked up. */
export async function markChecked(db: Database, { tenant, name }: DomainClaim, at: number): Promise<void> {
  await db
    .updateTable('domain_claims')
    .set({ checked_at: at })
    .where('tenant_id', '=', tenant)
    .where('name', '=', name)
    .execute();
}

/** Deletes claims that were made before `before`; returns their number. */
export async function dropOldClaims(db: Database, before: number): Promise<number> {
  const removed = await db.deleteFrom('domain_claims').where('created_at', '<', before).executeTakeFirst();
  return Number(removed.numDeletedRows);
}

const claimOf = (row: { tenant_id: number; name: string; token: string; created_at: number }): DomainClaim => ({
  tenant: row.tenant_id as TenantId,
  name: row.name,
  token: row.token,
  createdAt: row.created_at,
});
