import { createApiKey, listApiKeys, revokeApiKey } from '../../../shared/directory/tenants/api-keys.ts';
import { listAudit } from '../../../shared/directory/tenants/audit-log.ts';
import { listDomains } from '../../../shared/directory/tenants/tenants.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { change, PAGE, page, type TenantsRoute, withBody, withoutBody } from '../route.ts';
import * as schemas from '../schemas.ts';

/** The API keys of a tenant’s administrators, and the audit trail. */
export const keysRoutes: readonly TenantsRoute[] = [
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
    summary: 'Creates an API key; its secret is shown only in this answer',
    audience: 'tenant',
    body: schemas.newKey,
    status: 201,
    answer: schemas.createdKey,
    async run(call) {
      const { name, scope, domain = null, expiresInDays } = call.body;
      if (domain !== null && !(await listDomains(call.context.db, call.tenant.id)).includes(domain))
        throw new PamojaError('BAD_VALUE', 'the tenant has no such domain');
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
    query: schemas.afterNumber,
    summary: 'Lists the audit trail, oldest first',
    audience: 'tenant',
    status: 200,
    answer: schemas.pageOf(schemas.auditLine),
    run: async ({ context, tenant, query }) =>
      page(await listAudit(context.db, tenant.id, Number(query.after ?? 0), PAGE), (line) => String(line.id)),
  }),
];
