import type { z } from 'zod';
import { requireMayAdminister } from '../../shared/access/may-administer.ts';
import type { Database } from '../../shared/database/database.ts';
import { inTransaction } from '../../shared/database/transaction.ts';
import { canonicalAddress, domainOf } from '../../shared/directory/entries/addresses.ts';
import { audit } from '../../shared/directory/tenants/audit-log.ts';
import type { TenantState } from '../../shared/directory/tenants/tenant-registry.ts';
import { listDomains, type Tenant } from '../../shared/directory/tenants/tenants.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import { actorOf, administratorOf, type Caller } from './caller.ts';
import type { TenantsContext } from './compose.ts';

/** Who may use a route: the provider alone, whoever administers the tenant, a key of one of its domains too, or a key that only makes users too. */
export type Audience = 'provider' | 'tenant' | 'domain' | 'create-users';

/** What routes know behind `?`. */
export interface Query {
  /** Where a page begins: after this. */
  after?: string;
  /** What is looked for. */
  q?: string;
}

/** A call after its caller, its path, its query and its body were checked. */
export interface Call<Body> {
  context: TenantsContext;
  caller: Caller;
  /** The tenant of the path; on routes without one there is none. */
  tenant: Tenant;
  path: Record<string, string>;
  query: Query;
  body: Body;
}

export interface Route {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** `{tenant}` is looked up, and checked against the caller, before the route runs. */
  path: string;
  summary: string;
  audience: Audience;
  /** What stands behind `?`, after the check; absent: nothing may. */
  query: z.ZodObject | undefined;
  body: z.ZodType | undefined;
  /** Status and body of success; no body is 204. */
  status: 200 | 201 | 204;
  answer: z.ZodType | undefined;
  /** Takes an Idempotency-Key. */
  idempotent: boolean;
  run(call: Call<unknown>): Promise<unknown>;
}

type Definition<Body extends z.ZodType> = Omit<Route, 'body' | 'query' | 'run' | 'idempotent'> & {
  body: Body;
  idempotent?: boolean;
  run(call: Call<z.output<Body>>): Promise<unknown>;
};

/** Ties the type of the body to its schema. */
export const withBody = <Body extends z.ZodType>(route: Definition<Body>): Route => ({
  idempotent: false,
  query: undefined,
  ...route,
  run: (call) => route.run(call as Call<z.output<Body>>),
});
export const withoutBody = (
  route: Omit<Route, 'body' | 'query' | 'idempotent'> & Partial<Pick<Route, 'query'>>,
): Route => ({
  query: undefined,
  ...route,
  body: undefined,
  idempotent: false,
});

export const PAGE = 100;

/** Runs a change and writes its line of the audit trail in the same transaction. */
export function change<T>(
  { context, caller, tenant }: Call<unknown>,
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

/** The same for a change to a user. Throws NO_ACCESS for one with more rights than the caller. */
export const changeUser = <T>(
  call: Call<unknown>,
  action: string,
  login: string,
  work: (tx: Database) => Promise<T>,
  object = login,
): Promise<T> =>
  change(call, action, object, async (tx) => {
    await requireMayAdminister(tx, administratorOf(call.caller), call.tenant.id, { login });
    return work(tx);
  });

/** The registry is moved first; a call that is cut off before SQL follows is repeated. */
export async function moveRegistry({ context, tenant }: Call<unknown>, to: TenantState): Promise<void> {
  await context.registry.adopt({ name: tenant.name, guid: tenant.guid, state: stateOf(tenant) });
  await context.registry.advance(tenant.name, to);
}

export const stateOf = (tenant: Tenant): TenantState => (tenant.state === 'active' ? 'ready' : tenant.state);

export async function describe(context: TenantsContext, tenant: Tenant) {
  const entry = await context.registry.find(tenant.name);
  return {
    name: tenant.name,
    // An entry of another tenant that had the name before says nothing of this one.
    state: entry?.guid.equals(tenant.guid) ? entry.state : stateOf(tenant),
    limits: tenant.limits,
    domains: await listDomains(context.db, tenant.id),
    createdAt: tenant.createdAt,
    deleteAfter: tenant.deleteAfter,
  };
}

/** A full page says where the next begins. */
export const page = <Item>(items: Item[], cursor: (item: Item) => string) => {
  const last = items.at(-1);
  return items.length === PAGE && last ? { items, next: cursor(last) } : { items };
};

/** The domain that a key is confined to. */
export const domainScope = (caller: Caller): string | undefined =>
  caller.kind === 'key' && caller.key.scope === 'domain' ? (caller.key.domain ?? '') : undefined;

/** The login of the path; for a key of one domain, a login outside it does not exist. */
export function scopedLogin(caller: Caller, path: Record<string, string>): string {
  const login = canonicalAddress(path.login ?? '');
  const domain = domainScope(caller);
  if (domain !== undefined && domainOf(login) !== domain) throw new PamojaError('NOT_FOUND', 'no such user');
  return login;
}

/** A key of one domain gives out logins and addresses of that domain only. */
export function requireScope(caller: Caller, login: string, addresses: readonly string[]): void {
  const domain = domainScope(caller);
  if (domain === undefined) return;
  if ([login, ...addresses].some((address) => domainOf(canonicalAddress(address)) !== domain))
    throw new PamojaError('NO_ACCESS', `the key is for ${domain} only`);
}
