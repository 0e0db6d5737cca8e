import { requireMayAdminister } from '../../shared/access/may-administer.ts';
import type { Database } from '../../shared/database/database.ts';
import { inTransaction } from '../../shared/database/transaction.ts';
import { canonicalAddress, domainOf } from '../../shared/directory/entries/addresses.ts';
import { audit } from '../../shared/directory/tenants/audit-log.ts';
import type { TenantState } from '../../shared/directory/tenants/tenant-registry.ts';
import { listDomains, type Tenant } from '../../shared/directory/tenants/tenants.ts';
import { type Route, routesOf } from '../../shared/http/route.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import { type ApiCaller, actorOf, administratorOf } from './caller.ts';
import type { TenantsContext } from './compose.ts';

/** The callers of a route: the provider only, or also API keys: those of the tenant, of one of its domains, or keys that can only create users. */
export type Audience = 'provider' | 'tenant' | 'domain' | 'create-users';

/** The result of authorizing a call. */
export interface TenantsScope {
  context: TenantsContext;
  caller: ApiCaller;
  /** The tenant of the path; routes without one have none. */
  tenant: Tenant;
}

export type TenantsRoute = Route<TenantsScope, Audience>;

export const { withBody, withoutBody } = routesOf<TenantsScope, Audience>();

/** Entries on a page of a list. */
export const PAGE = 100;

/** Makes a change and writes its line of the audit trail in the same transaction. */
export function change<T>(
  { context, caller, tenant }: TenantsScope,
  action: string,
  object: string,
  work: (tx: Database) => Promise<T>,
): Promise<T> {
  return inTransaction(context.db, async (tx) => {
    const result = await work(tx);
    await audit(tx, tenant.id, { at: context.clock(), actor: actorOf(caller), action, object });
    return result;
  });
}

/** Makes a change to a user, with its line of the audit trail. Throws NO_ACCESS for a user with more rights than the caller. */
export const changeUser = <T>(
  call: TenantsScope,
  action: string,
  login: string,
  work: (tx: Database) => Promise<T>,
  object = login,
): Promise<T> =>
  change(call, action, object, async (tx) => {
    await requireMayAdminister(tx, administratorOf(call.caller), call.tenant.id, { login });
    return work(tx);
  });

/** Changes a tenant's state in the registry, before SQL: a call that is interrupted between the two is repeated by its caller. */
export async function moveRegistry({ context, tenant }: TenantsScope, to: TenantState): Promise<void> {
  await context.registry.adopt({ name: tenant.name, guid: tenant.guid, state: stateOf(tenant) });
  await context.registry.advance(tenant.name, to);
}

export const stateOf = (tenant: Tenant): TenantState => (tenant.state === 'active' ? 'ready' : tenant.state);

export async function describe(context: TenantsContext, tenant: Tenant) {
  const entry = await context.registry.find(tenant.name);
  return {
    name: tenant.name,
    // The entry may belong to a deleted tenant that had the name before.
    state: entry?.guid.equals(tenant.guid) ? entry.state : stateOf(tenant),
    limits: tenant.limits,
    domains: await listDomains(context.db, tenant.id),
    createdAt: tenant.createdAt,
    deleteAfter: tenant.deleteAfter,
  };
}

/** A page of a list; a full page says where the next one begins. */
export const page = <Item>(items: Item[], cursor: (item: Item) => string) => {
  const last = items.at(-1);
  return items.length === PAGE && last ? { items, next: cursor(last) } : { items };
};

/** The domain that the caller's key is limited to. */
export const domainScope = (caller: ApiCaller): string | undefined =>
  caller.kind === 'key' && caller.key.scope === 'domain' ? (caller.key.domain ?? '') : undefined;

/** The login of the path. Throws NOT_FOUND to a key of one domain for a login of another. */
export function scopedLogin(caller: ApiCaller, path: Record<string, string>): string {
  const login = canonicalAddress(path.login ?? '');
  const domain = domainScope(caller);
  if (domain !== undefined && domainOf(login) !== domain) throw new PamojaError('NOT_FOUND', 'no such user');
  return login;
}

/** Throws NO_ACCESS when a key of one domain would give a user a login or an address of another. */
export function requireScope(caller: ApiCaller, login: string, addresses: readonly string[]): void {
  const domain = domainScope(caller);
  if (domain === undefined) return;
  if ([login, ...addresses].some((address) => domainOf(canonicalAddress(address)) !== domain))
    throw new PamojaError('NO_ACCESS', `the key is for ${domain} only`);
}
