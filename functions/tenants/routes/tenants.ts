import { listGroups } from '../../../shared/directory/entries/groups.ts';
import { listUsers } from '../../../shared/directory/entries/users.ts';
import { getTenantQuota, setTenantQuota } from '../../../shared/directory/quota/tenant-quota.ts';
import { findDkimKey } from '../../../shared/directory/tenants/dkim-keys.ts';
import { provisionTenant } from '../../../shared/directory/tenants/provision.ts';
import {
  listDomains,
  listTenants,
  setTenantLimits,
  setTenantState,
} from '../../../shared/directory/tenants/tenants.ts';
import { allPages } from '../../../shared/platform/all-pages.ts';
import { actorOf } from '../caller.ts';
import { dnsRecords } from '../dns-records.ts';
import { change, describe, moveRegistry, PAGE, page, type TenantsRoute, withBody, withoutBody } from '../route.ts';
import * as schemas from '../schemas.ts';

/** Tenants, from their order to their deletion. */
export const tenantsRoutes: readonly TenantsRoute[] = [
  withBody({
    method: 'POST',
    path: '/v1/tenants',
    summary: 'Creates a tenant with its domain and its first mailbox',
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
      const dkim = await findDkimKey(context.db, tenant.id, body.domain);
      return { ...(await describe(context, tenant)), dns: dnsRecords(body.domain, context.mailHost, dkim) };
    },
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/tenants',
    query: schemas.afterName,
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
    summary: 'Sets the limits of a tenant',
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
    summary: 'Suspends a tenant: its users cannot log in and get no mail; all data stays',
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
    path: '/v1/tenants/{tenant}/quota',
    summary: 'Shows the quota of a tenant, and the default levels of its users',
    audience: 'tenant',
    status: 200,
    answer: schemas.tenantQuota,
    async run({ context, tenant }) {
      const { warn, users } = await getTenantQuota(context.db, tenant.id);
      return { warn: warn ?? null, users: users ?? null };
    },
  }),
  withBody({
    method: 'PUT',
    path: '/v1/tenants/{tenant}/quota',
    summary: 'Sets the quota of a tenant and the default levels of its users; null: the configured levels apply again',
    audience: 'tenant',
    body: schemas.tenantQuota,
    status: 204,
    answer: undefined,
    run: (call) =>
      change(call, 'tenant.quota', call.tenant.name, (tx) => setTenantQuota(tx, call.tenant.id, call.body)),
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/export',
    summary: 'Exports the directory of a tenant, without passwords and keys, as one document',
    audience: 'tenant',
    status: 200,
    answer: schemas.tenantExport,
    async run({ context, tenant }) {
      return {
        ...(await describe(context, tenant)),
        domains: await listDomains(context.db, tenant.id),
        users: await allPages(
          (after) => listUsers(context.db, tenant.id, after, PAGE),
          (user) => user.login,
          { first: '', size: PAGE },
        ),
        groups: await allPages(
          (after) => listGroups(context.db, tenant.id, after, PAGE),
          (group) => group.name,
          { first: '', size: PAGE },
        ),
      };
    },
  }),
];
