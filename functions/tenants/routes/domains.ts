import { canonicalAddress } from '../../../shared/directory/addresses.ts';
import { findDkimKey, makeDkimKey, storeDkimKey } from '../../../shared/directory/dkim-keys.ts';
import { addDomain, listDomains, removeDomain, type Tenant } from '../../../shared/directory/tenants.ts';
import { KopanoError } from '../../../shared/mapi/error.ts';
import type { TenantsContext } from '../compose.ts';
import { checkRecords } from '../dns-check.ts';
import { type DnsRecord, dnsRecords } from '../dns-records.ts';
import { change, type Route, withBody, withoutBody } from '../route.ts';
import * as schemas from '../schemas.ts';

/** The domains of a tenant, and the records to publish for them. */
export const domainsRoutes: readonly Route[] = [
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/domains',
    summary: 'Lists domains with the DNS records to publish',
    audience: 'tenant',
    status: 200,
    answer: schemas.pageOf(schemas.domain),
    async run({ context, tenant }) {
      const names = await listDomains(context.db, tenant.id);
      const items = names.map(async (name) => ({ name, dns: await recordsOf(context, tenant, name) }));
      return { items: await Promise.all(items) };
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
      const { context, tenant, body } = call;
      const key = await makeDkimKey();
      await change(call, 'domain.create', body.name, async (tx) => {
        await addDomain(tx, tenant.id, body.name);
        await storeDkimKey(tx, context.clock, tenant.id, body.name, key);
      });
      return { name: body.name, dns: await recordsOf(context, tenant, body.name) };
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
    path: '/v1/tenants/{tenant}/domains/{domain}/dns',
    summary: 'Looks up which of the records of a domain are published',
    audience: 'tenant',
    status: 200,
    answer: schemas.dnsCheck,
    async run({ context, tenant, path }) {
      const name = canonicalAddress(path.domain ?? '');
      if (!(await listDomains(context.db, tenant.id)).includes(name))
        throw new KopanoError('NOT_FOUND', 'no such domain');
      const records = await checkRecords(await recordsOf(context, tenant, name), context.dns);
      return { name, complete: records.every(({ published }) => published === 'yes'), records };
    },
  }),
];

const recordsOf = async (context: TenantsContext, tenant: Tenant, domain: string): Promise<DnsRecord[]> =>
  dnsRecords(domain, context.mailHost, await findDkimKey(context.db, tenant.id, domain));
