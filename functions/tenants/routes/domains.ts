import { canonicalAddress } from '../../../shared/directory/entries/addresses.ts';
import { findDkimKey, makeDkimKey, storeDkimKey } from '../../../shared/directory/tenants/dkim-keys.ts';
import { claimDomain, findClaim, listClaims } from '../../../shared/directory/tenants/domain-claims.ts';
import { addDomain, listDomains, removeDomain, type Tenant } from '../../../shared/directory/tenants/tenants.ts';
import { type ClaimResult, verifyDomain } from '../../../shared/directory/tenants/verify-domain.ts';
import { ProblemError } from '../../../shared/http/problem.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { actorOf } from '../caller.ts';
import type { TenantsContext } from '../compose.ts';
import { checkRecords } from '../dns-check.ts';
import { challengeRecord, type DnsRecord, dnsRecords } from '../dns-records.ts';
import { NOT_PROVED } from '../problems.ts';
import { change, type TenantsRoute, type TenantsScope, withBody, withoutBody } from '../route.ts';
import * as schemas from '../schemas.ts';

/** The domains of a tenant, also those that it has not proved yet, and the records to publish for them. */
export const domainsRoutes: readonly TenantsRoute[] = [
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/domains',
    summary: 'Lists domains with the DNS records to publish',
    audience: 'tenant',
    status: 200,
    answer: schemas.pageOf(schemas.domain),
    async run({ context, tenant }) {
      const claims = await listClaims(context.db, tenant.id);
      const verified = new Set(await listDomains(context.db, tenant.id));
      const names = [...verified, ...claims.map(({ name }) => name)];
      return { items: await Promise.all(names.sort().map((name) => describeDomain(context, tenant, name, verified))) };
    },
  }),
  withBody({
    method: 'POST',
    path: '/v1/tenants/{tenant}/domains',
    summary: 'Adds a domain; unless the provider vouches for it, it is in use once control of it is proved',
    audience: 'tenant',
    body: schemas.newDomain,
    status: 201,
    answer: schemas.domain,
    idempotent: true,
    async run(call) {
      const { context, tenant, body, caller } = call;
      if (body.verified && caller.kind !== 'provider')
        throw new PamojaError('NO_ACCESS', 'only the provider can vouch for a domain');
      await ((body.verified ?? caller.kind === 'provider') ? vouchFor(call, body.name) : claim(call, body.name));
      return describeDomain(context, tenant, body.name);
    },
  }),
  withoutBody({
    method: 'DELETE',
    path: '/v1/tenants/{tenant}/domains/{domain}',
    summary: 'Removes a domain that has no addresses and no logins',
    audience: 'tenant',
    status: 204,
    answer: undefined,
    run: (call) =>
      change(call, 'domain.delete', call.path.domain ?? '', (tx) =>
        removeDomain(tx, call.tenant.id, call.path.domain ?? ''),
      ),
  }),
  withoutBody({
    method: 'POST',
    path: '/v1/tenants/{tenant}/domains/{domain}/verify',
    summary:
      'Looks up the record that proves control of a domain, which is then in use at once. All claimed domains are also looked up every hour',
    audience: 'tenant',
    status: 200,
    answer: schemas.domain,
    async run({ context, tenant, path, caller }) {
      const name = canonicalAddress(path.domain ?? '');
      const claimed = await findClaim(context.db, tenant.id, name);
      const verdict = claimed ? await verifyDomain(context, claimed, actorOf(caller)) : 'gone';
      if (verdict === 'absent' || verdict === 'unknown')
        throw new ProblemError({ ...NOT_PROVED, detail: DETAIL[verdict] });
      return describeDomain(context, tenant, name);
    },
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/domains/{domain}/dns',
    summary: 'Looks up which of the records of a domain are published',
    audience: 'tenant',
    status: 200,
    answer: schemas.dnsCheck,
    async run({ context, tenant, path }) {
      const { name, dns } = await describeDomain(context, tenant, canonicalAddress(path.domain ?? ''));
      const records = await checkRecords(dns, context.dns);
      return { name, complete: records.every(({ published }) => published === 'yes'), records };
    },
  }),
];

const DETAIL: Record<Exclude<ClaimResult, 'proved' | 'gone'>, string> = {
  absent: 'the TXT record is not published or has another value; a change may take some time to reach all name servers',
  unknown: 'the name servers of the domain do not answer',
};

async function vouchFor(call: TenantsScope, name: string): Promise<void> {
  const key = await makeDkimKey();
  await change(call, 'domain.create', name, async (tx) => {
    await addDomain(tx, call.tenant.id, name);
    await storeDkimKey(tx, call.context.clock, call.tenant.id, name, key);
  });
}

const claim = (call: TenantsScope, name: string): Promise<void> =>
  change(call, 'domain.claim', name, (tx) => claimDomain(tx, call.context, call.tenant.id, name));

/**
 * A domain of the tenant with the records to publish; for a domain that is not proved yet, the record with the proof comes
 * first. `proved`: the tenant's verified domains, if they have been read already. Throws NOT_FOUND.
 */
async function describeDomain(
  context: TenantsContext,
  tenant: Tenant,
  name: string,
  proved?: ReadonlySet<string>,
): Promise<{ name: string; verified: boolean; dns: DnsRecord[] }> {
  const verified = (proved ?? new Set(await listDomains(context.db, tenant.id))).has(name);
  const dns = dnsRecords(name, context.mailHost, await findDkimKey(context.db, tenant.id, name));
  if (verified) return { name, verified, dns };
  const claimed = await findClaim(context.db, tenant.id, name);
  if (!claimed) throw new PamojaError('NOT_FOUND', 'no such domain');
  return { name, verified, dns: [challengeRecord(name, claimed.token), ...dns] };
}
