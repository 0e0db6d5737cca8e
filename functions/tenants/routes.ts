import type { z } from 'zod';
import { canonicalAddress, domainOf } from '../../shared/directory/addresses.ts';
import { createApiKey, listApiKeys, revokeApiKey } from '../../shared/directory/api-keys.ts';
import { audit, listAudit } from '../../shared/directory/audit-log.ts';
import { hashPassword } from '../../shared/directory/passwords.ts';
import { provisionTenant } from '../../shared/directory/provision.ts';
import type { TenantState } from '../../shared/directory/tenant-registry.ts';
import {
  addDomain,
  listDomains,
  listTenants,
  removeDomain,
  setTenantLimits,
  setTenantState,
  type Tenant,
} from '../../shared/directory/tenants.ts';
import { deleteUser, getUser, insertUser, listOrphans, listUsers, updateUser } from '../../shared/directory/users.ts';
import { KopanoError } from '../../shared/mapi/error.ts';
import type { Database } from '../../shared/platform/database.ts';
import { inTransaction } from '../../shared/platform/transaction.ts';
import { actorOf, type Caller } from './caller.ts';
import type { TenantsContext } from './compose.ts';
import { dnsRecords } from './dns-records.ts';
import * as schemas from './schemas.ts';

/** Who may use a route: the provider alone, whoever administers the tenant, a key of one of its domains too, or a key that only makes users too. */
export type Audience = 'provider' | 'tenant' | 'domain' | 'create-users';

/** A call after its caller, its path and its body were checked. */
export interface Call<Body> {
  context: TenantsContext;
  caller: Caller;
  /** The tenant of the path; on routes without one there is none. */
  tenant: Tenant;
  path: Record<string, string>;
  query: Record<string, string | undefined>;
  body: Body;
}

export interface Route {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** `{tenant}` is looked up, and checked against the caller, before the route runs. */
  path: string;
  summary: string;
  audience: Audience;
  body: z.ZodType | undefined;
  /** Status and body of success; no body is 204. */
  status: 200 | 201 | 204;
  answer: z.ZodType | undefined;
  /** Takes an Idempotency-Key. */
  idempotent: boolean;
  run(call: Call<unknown>): Promise<unknown>;
}

type Definition<Body extends z.ZodType> = Omit<Route, 'body' | 'run' | 'idempotent'> & {
  body: Body;
  idempotent?: boolean;
  run(call: Call<z.output<Body>>): Promise<unknown>;
};

/** Ties the type of the body to its schema. */
const withBody = <Body extends z.ZodType>(route: Definition<Body>): Route => ({
  idempotent: false,
  ...route,
  run: (call) => route.run(call as Call<z.output<Body>>),
});
const withoutBody = (route: Omit<Route, 'body' | 'idempotent'>): Route => ({
  ...route,
  body: undefined,
  idempotent: false,
});

const PAGE = 100;

/** Every route of the API. */
export const ROUTES: readonly Route[] = [
  withBody({
    method: 'POST',
    path: '/v1/tenants',
    summary: 'Makes a tenant with its domain and its first mailbox',
    audience: 'provider',
    body: schemas.newTenant,
    status: 201,
    answer: schemas.provisionedTenant,
    idempotent: true,
    async run({ context, caller, body }) {
      const admin = { ...body.admin, features: [...body.admin.features] };
      const tenant = await provisionTenant(
        context,
        context.registry,
        { name: body.name, domain: body.domain, admin, limits: body.limits },
        actorOf(caller),
      );
      return { ...(await describe(context, tenant)), dns: dnsRecords(body.domain, context.mailHost) };
    },
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/tenants',
    summary: 'Lists tenants by name',
    audience: 'provider',
    status: 200,
    answer: schemas.pageOf(schemas.tenant),
    async run({ context, query }) {
      const tenants = await listTenants(context.db, query.after ?? '', PAGE);
      return page(await Promise.all(tenants.map((tenant) => describe(context, tenant))), (tenant) => tenant.name);
    },
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}',
    summary: 'Shows a tenant and its state',
    audience: 'tenant',
    status: 200,
    answer: schemas.tenant,
    run: ({ context, tenant }) => describe(context, tenant),
  }),
  withBody({
    method: 'PUT',
    path: '/v1/tenants/{tenant}/limits',
    summary: 'Sets the limits that the tenant works inside',
    audience: 'provider',
    body: schemas.limits,
    status: 204,
    answer: undefined,
    run: (call) =>
      change(call, 'tenant.limits', call.tenant.name, (tx) => setTenantLimits(tx, call.tenant.id, call.body)),
  }),
  withoutBody({
    method: 'POST',
    path: '/v1/tenants/{tenant}/suspend',
    summary: 'Suspends a tenant: no logins, no mail, nothing is lost',
    audience: 'provider',
    status: 204,
    answer: undefined,
    async run(call) {
      await moveRegistry(call, 'suspended');
      await change(call, 'tenant.suspend', call.tenant.name, (tx) =>
        setTenantState(tx, call.tenant.id, 'suspended', null),
      );
    },
  }),
  withoutBody({
    method: 'POST',
    path: '/v1/tenants/{tenant}/resume',
    summary: 'Ends a suspension, or a deletion within its grace period',
    audience: 'provider',
    status: 204,
    answer: undefined,
    async run(call) {
      await moveRegistry(call, 'ready');
      await change(call, 'tenant.resume', call.tenant.name, (tx) => setTenantState(tx, call.tenant.id, 'active', null));
    },
  }),
  withBody({
    method: 'POST',
    path: '/v1/tenants/{tenant}/delete',
    summary: 'Marks a tenant for removal after a grace period, in which it can be resumed',
    audience: 'provider',
    body: schemas.deletion,
    status: 204,
    answer: undefined,
    async run(call) {
      await moveRegistry(call, 'deleting');
      const deleteAfter = call.context.clock() + schemas.days(call.body.graceDays);
      await change(call, 'tenant.delete', call.tenant.name, (tx) =>
        setTenantState(tx, call.tenant.id, 'deleting', deleteAfter),
      );
    },
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/domains',
    summary: 'Lists domains with the DNS records to publish',
    audience: 'tenant',
    status: 200,
    answer: schemas.pageOf(schemas.domain),
    async run({ context, tenant }) {
      const names = await listDomains(context.db, tenant.id);
      return { items: names.map((name) => ({ name, dns: dnsRecords(name, context.mailHost) })) };
    },
  }),
  withBody({
    method: 'POST',
    path: '/v1/tenants/{tenant}/domains',
    summary: 'Adds a domain',
    audience: 'tenant',
    body: schemas.newDomain,
    status: 201,
    answer: schemas.domain,
    idempotent: true,
    async run(call) {
      await change(call, 'domain.create', call.body.name, (tx) => addDomain(tx, call.tenant.id, call.body.name));
      return { name: call.body.name, dns: dnsRecords(call.body.name, call.context.mailHost) };
    },
  }),
  withoutBody({
    method: 'DELETE',
    path: '/v1/tenants/{tenant}/domains/{domain}',
    summary: 'Removes a domain that has no addresses',
    audience: 'tenant',
    status: 204,
    answer: undefined,
    run: (call) =>
      change(call, 'domain.delete', call.path.domain ?? '', (tx) =>
        removeDomain(tx, call.tenant.id, call.path.domain ?? ''),
      ),
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/users',
    summary: 'Lists users by login',
    audience: 'domain',
    status: 200,
    answer: schemas.pageOf(schemas.user),
    async run({ context, tenant, query, caller }) {
      return page(
        await listUsers(context.db, tenant.id, query.after ?? '', PAGE, domainScope(caller)),
        (user) => user.login,
      );
    },
  }),
  withBody({
    method: 'POST',
    path: '/v1/tenants/{tenant}/users',
    summary: 'Makes a user with a mailbox',
    audience: 'create-users',
    body: schemas.newUser,
    status: 201,
    answer: schemas.user,
    idempotent: true,
    async run(call) {
      requireScope(call.caller, call.body.login, [call.body.email, ...call.body.aliases]);
      const passwordHash = await hashPassword(call.body.password);
      await change(call, 'user.create', call.body.login, (tx) =>
        insertUser(tx, call.context, call.tenant.id, call.body, passwordHash),
      );
      return getUser(call.context.db, call.tenant.id, call.body.login);
    },
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/users/{login}',
    summary: 'Shows a user',
    audience: 'domain',
    status: 200,
    answer: schemas.user,
    run: ({ context, tenant, path, caller }) => getUser(context.db, tenant.id, scopedLogin(caller, path)),
  }),
  withBody({
    method: 'PATCH',
    path: '/v1/tenants/{tenant}/users/{login}',
    summary: 'Changes a user; what is absent stays',
    audience: 'domain',
    body: schemas.userChange,
    status: 200,
    answer: schemas.user,
    async run(call) {
      const name = scopedLogin(call.caller, call.path);
      requireScope(call.caller, name, call.body.aliases ?? []);
      await change(call, 'user.change', name, (tx) => updateUser(tx, call.tenant.id, name, call.body));
      return getUser(call.context.db, call.tenant.id, name);
    },
  }),
  withBody({
    method: 'PUT',
    path: '/v1/tenants/{tenant}/users/{login}/password',
    summary: 'Sets a password',
    audience: 'domain',
    body: schemas.passwordChange,
    status: 204,
    answer: undefined,
    async run(call) {
      const name = scopedLogin(call.caller, call.path);
      const passwordHash = await hashPassword(call.body.password);
      await change(call, 'user.password', name, (tx) => updateUser(tx, call.tenant.id, name, { passwordHash }));
    },
  }),
  withoutBody({
    method: 'DELETE',
    path: '/v1/tenants/{tenant}/users/{login}',
    summary: 'Deletes a user, never the mail: the store stays as an orphan',
    audience: 'domain',
    status: 204,
    answer: undefined,
    async run(call) {
      const name = scopedLogin(call.caller, call.path);
      await change(call, 'user.delete', name, (tx) => deleteUser(tx, call.tenant.id, name));
    },
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/orphans',
    summary: 'Lists the stores of users who were deleted',
    audience: 'tenant',
    status: 200,
    answer: schemas.pageOf(schemas.orphan),
    run: async ({ context, tenant }) => ({ items: await listOrphans(context.db, tenant.id) }),
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/keys',
    summary: 'Lists API keys that are not revoked',
    audience: 'tenant',
    status: 200,
    answer: schemas.pageOf(schemas.key),
    run: async ({ context, tenant }) => ({ items: await listApiKeys(context.db, tenant.id) }),
  }),
  withBody({
    method: 'POST',
    path: '/v1/tenants/{tenant}/keys',
    summary: 'Makes an API key; its secret is shown this once',
    audience: 'tenant',
    body: schemas.newKey,
    status: 201,
    answer: schemas.createdKey,
    async run(call) {
      const { name, scope, domain = null, expiresInDays } = call.body;
      if (domain !== null && !(await listDomains(call.context.db, call.tenant.id)).includes(domain))
        throw new KopanoError('BAD_VALUE', 'the tenant has no such domain');
      const expiresAt = call.context.clock() + schemas.days(expiresInDays);
      return change(call, 'key.create', name, (tx) =>
        createApiKey(tx, call.context.clock, { tenant: call.tenant.id, name, scope, domain, expiresAt }),
      );
    },
  }),
  withoutBody({
    method: 'DELETE',
    path: '/v1/tenants/{tenant}/keys/{key}',
    summary: 'Revokes an API key at once',
    audience: 'tenant',
    status: 204,
    answer: undefined,
    run: (call) =>
      change(call, 'key.revoke', call.path.key ?? '', (tx) =>
        revokeApiKey(tx, call.context.clock, call.tenant.id, call.path.key ?? ''),
      ),
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/audit',
    summary: 'Lists what was done, oldest first',
    audience: 'tenant',
    status: 200,
    answer: schemas.pageOf(schemas.auditLine),
    run: async ({ context, tenant, query }) =>
      page(await listAudit(context.db, tenant.id, Number(query.after ?? 0) || 0, PAGE), (line) => String(line.id)),
  }),
];

/** Runs a change and writes its line of the audit trail in the same transaction. */
function change<T>(
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

/** The registry is moved first; a call that is cut off before SQL follows is repeated. */
async function moveRegistry({ context, tenant }: Call<unknown>, to: TenantState): Promise<void> {
  await context.registry.adopt({ name: tenant.name, guid: tenant.guid, state: stateOf(tenant) });
  await context.registry.advance(tenant.name, to);
}

const stateOf = (tenant: Tenant): TenantState => (tenant.state === 'active' ? 'ready' : tenant.state);

async function describe(context: TenantsContext, tenant: Tenant) {
  const entry = await context.registry.find(tenant.name);
  return {
    name: tenant.name,
    state: entry?.state ?? stateOf(tenant),
    limits: tenant.limits,
    domains: await listDomains(context.db, tenant.id),
    createdAt: tenant.createdAt,
    deleteAfter: tenant.deleteAfter,
  };
}

/** A full page says where the next begins. */
const page = <Item>(items: Item[], cursor: (item: Item) => string) => {
  const last = items.at(-1);
  return items.length === PAGE && last ? { items, next: cursor(last) } : { items };
};

/** The domain that a key is confined to. */
const domainScope = (caller: Caller): string | undefined =>
  caller.kind === 'key' && caller.key.scope === 'domain' ? (caller.key.domain ?? '') : undefined;

/** The login of the path; for a key of one domain, a login outside it does not exist. */
function scopedLogin(caller: Caller, path: Record<string, string>): string {
  const login = canonicalAddress(path.login ?? '');
  const domain = domainScope(caller);
  if (domain !== undefined && domainOf(login) !== domain) throw new KopanoError('NOT_FOUND', 'no such user');
  return login;
}

/** A key of one domain gives out logins and addresses of that domain only. */
function requireScope(caller: Caller, login: string, addresses: readonly string[]): void {
  const domain = domainScope(caller);
  if (domain === undefined) return;
  if ([login, ...addresses].some((address) => domainOf(canonicalAddress(address)) !== domain))
    throw new KopanoError('NO_ACCESS', `the key is for ${domain} only`);
}
