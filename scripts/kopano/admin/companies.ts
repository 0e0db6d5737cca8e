import { inTransaction } from '../../../shared/database/transaction.ts';
import {
  addTenantAdmin,
  addViewer,
  findUserAnywhere,
  listTenantAdmins,
  listViewers,
  removeTenantAdmin,
  removeViewer,
} from '../../../shared/directory/entries/tenant-grants.ts';
import {
  addQuotaRecipient,
  getTenantQuota,
  listQuotaRecipients,
  type RecipientKind,
  removeQuotaRecipient,
  setTenantQuota,
} from '../../../shared/directory/quota/tenant-quota.ts';
import { makeDkimKey, storeDkimKey } from '../../../shared/directory/tenants/dkim-keys.ts';
import { insertTenant, listDomains, NO_LIMITS, setTenantState } from '../../../shared/directory/tenants/tenants.ts';
import { newGuid } from '../../../shared/store/engine/ids.ts';
import { createPublicStore } from '../../../shared/store/trees/create-store.ts';
import type { AdminOptions } from './command-line.ts';
import { companyDetails, companyList, nameList } from './output.ts';
import { type AdminSession, bytesOf, isNo } from './session.ts';

/** How long a company that was deleted can be had back. */
const GRACE_DAYS = 30;
const DAY_MS = 86_400_000;

export async function createCompany(session: AdminSession, options: AdminOptions, name: string): Promise<void> {
  const { clock } = session.context;
  const domains = options.domain ?? [];
  const keys = await Promise.all(domains.map(makeDkimKey));
  await inTransaction(session.db, async (tx) => {
    const guid = newGuid(clock());
    const tenant = await insertTenant(tx, session.context, { name, domains, limits: NO_LIMITS, guid });
    for (const [i, domain] of domains.entries()) {
      const key = keys[i];
      if (key) await storeDkimKey(tx, clock, tenant, domain, key);
    }
  });
  session.say(`Company '${name}' created.`);
}

/** Marks a company for removal: logins and mail are refused, and its data is removed after the grace period. */
export async function deleteCompany(session: AdminSession, name: string): Promise<void> {
  const tenant = await session.requireTenant(name);
  const registry = session.registry();
  const state = tenant.state === 'active' ? 'ready' : tenant.state;
  await registry.adopt({ name, guid: tenant.guid, state });
  await registry.advance(name, 'deleting');
  const deleteAfter = session.context.clock() + GRACE_DAYS * DAY_MS;
  await session.change(tenant.id, 'tenant.delete', name, (tx, id) => setTenantState(tx, id, 'deleting', deleteAfter));
  session.say(`Company '${name}' deleted; it can be had back until ${new Date(deleteAfter).toISOString()}.`);
}

/** Manual 6.2.5: --qo and --qw are the company's own, --udqo, --udqw, --udqs and --udqh the defaults of its users. */
export async function updateCompany(session: AdminSession, options: AdminOptions, name: string): Promise<void> {
  const tenant = await session.requireTenant(name);
  const before = await getTenantQuota(session.db, tenant.id);
  const { qo, qw, udqo, udqw, udqs, udqh } = options;
  const ofUsers = [udqo, udqw, udqs, udqh].some((option) => option !== undefined);
  await session.change(tenant.id, 'tenant.quota', name, (tx, id) =>
    setTenantQuota(tx, id, {
      warn:
        qo !== undefined && isNo(qo)
          ? null
          : qo === undefined && qw === undefined
            ? undefined
            : bytesOf(qw, before.warn),
      users:
        udqo !== undefined && isNo(udqo)
          ? null
          : ofUsers
            ? {
                warn: bytesOf(udqw, before.users?.warn),
                soft: bytesOf(udqs, before.users?.soft),
                hard: bytesOf(udqh, before.users?.hard),
              }
            : undefined,
    }),
  );
  session.say(`Company '${name}' updated.`);
}

export async function showCompany(session: AdminSession, name: string): Promise<void> {
  const tenant = await session.requireTenant(name);
  const details = {
    name,
    state: tenant.state,
    domains: await listDomains(session.db, tenant.id),
    limits: tenant.limits,
    quota: await getTenantQuota(session.db, tenant.id),
    viewers: await listViewers(session.db, tenant.id),
    administrators: await listTenantAdmins(session.db, tenant.id),
  };
  session.show(details, companyDetails);
}

export async function listAllCompanies(session: AdminSession): Promise<void> {
  session.show(await session.allTenants(), companyList);
}

export async function makePublicStore(session: AdminSession, options: AdminOptions): Promise<void> {
  const { clock, options: configured } = session.context;
  const tenant = await session.givenTenant();
  await session.change(tenant.id, 'store.public', tenant.name, (tx, id) =>
    createPublicStore(tx, id, options.lang ?? configured.default_store_locale, clock()),
  );
  session.say(`Public store of '${tenant.name}' created.`);
}

export async function changeViewer(session: AdminSession, viewer: string, how: 'add' | 'remove'): Promise<void> {
  const tenant = await session.givenTenant();
  const other = await session.requireTenant(viewer);
  await session.change(tenant.id, `tenant.viewer-${how}`, viewer, (tx, id) =>
    how === 'add' ? addViewer(tx, id, other.id) : removeViewer(tx, id, other.id),
  );
  session.say(`Company '${viewer}' ${how === 'add' ? 'may now' : 'may no longer'} view '${tenant.name}'.`);
}

export async function changeAdmin(session: AdminSession, login: string, how: 'add' | 'remove'): Promise<void> {
  const tenant = await session.givenTenant();
  const user = await findUserAnywhere(session.db, login);
  await session.change(tenant.id, `tenant.admin-${how}`, login, (tx, id) =>
    how === 'add' ? addTenantAdmin(tx, id, user) : removeTenantAdmin(tx, id, user),
  );
  session.say(`User '${login}' ${how === 'add' ? 'now' : 'no longer'} administers '${tenant.name}'.`);
}

export async function showViewers(session: AdminSession): Promise<void> {
  const tenant = await session.givenTenant();
  const names = await listViewers(session.db, tenant.id);
  session.show(names, () => nameList(`View list of ${tenant.name}`, 'companyname', names));
}

export async function showAdmins(session: AdminSession): Promise<void> {
  const tenant = await session.givenTenant();
  const names = await listTenantAdmins(session.db, tenant.id);
  session.show(names, () => nameList(`Admin list of ${tenant.name}`, 'Username', names));
}

export async function changeRecipient(
  session: AdminSession,
  company: string | undefined,
  kind: RecipientKind,
  login: string,
  how: 'add' | 'remove',
): Promise<void> {
  const tenant = company === undefined ? await session.givenTenant() : await session.requireTenant(company);
  await session.change(tenant.id, `quota.recipient-${how}`, `${kind} ${login}`, (tx, id) =>
    how === 'add' ? addQuotaRecipient(tx, id, kind, login) : removeQuotaRecipient(tx, id, kind, login),
  );
  session.say(`User '${login}' is ${how === 'add' ? 'now' : 'no longer'} told of ${kind} quota of '${tenant.name}'.`);
}

export async function showRecipients(
  session: AdminSession,
  company: string | undefined,
  kind: RecipientKind,
): Promise<void> {
  const tenant = company === undefined ? await session.givenTenant() : await session.requireTenant(company);
  const names = await listQuotaRecipients(session.db, tenant.id, kind);
  session.show(names, () => nameList(`Recipients of ${kind} quota mails of ${tenant.name}`, 'Username', names));
}
