import { addressBookEntryId, addressBookId } from '../../../shared/address-book/address-book-ids.ts';
import { inTransaction } from '../../../shared/database/transaction.ts';
import {
  type CompanyEntry,
  findTenantEntry,
  findUser,
  listTenantEntries,
} from '../../../shared/directory/entries/entries.ts';
import {
  addTenantAdmin,
  addViewer,
  listTenantAdmins,
  listViewers,
  removeTenantAdmin,
  removeViewer,
} from '../../../shared/directory/entries/tenant-grants.ts';
import { createTenant, setTenantState } from '../../../shared/directory/tenants/tenants.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { Company, User } from '../../../shared/protocol/soap/interface.ts';
import { requireAdministers, requireAdministersSystem, requireAdministersUser } from '../administrators.ts';
import { requestedCompany, requestedUser } from '../requested-entries.ts';
import { wireCompany, wireUser } from '../wire-entries.ts';
import type { Call, Operations } from './operation.ts';

/** A server with one tenant shows no companies to clients. */
function requireCompanies({ context }: Call): void {
  if (!context.store.options.enable_hosted_kopano) throw new PamojaError('NO_SUPPORT', 'the server has one company');
}

async function hostedCompany(call: Call, number: number, entryId: Buffer | undefined): Promise<CompanyEntry> {
  requireCompanies(call);
  return requestedCompany(call, number, entryId);
}

async function own(call: Call, number: number, entryId: Buffer | undefined): Promise<CompanyEntry> {
  const company = await hostedCompany(call, number, entryId);
  requireAdministers(call, company.tenant);
  return company;
}

function requireCompany(company: Company | undefined): Company {
  if (!company) throw new PamojaError('INVALID_PARAMETER', 'no company was given');
  return company;
}

/** Days for which a deleted company is kept, so that a mistake can be corrected. */
const GRACE_MS = 7 * 86_400_000;

export const companyOperations: Operations<
  | 'createCompany'
  | 'deleteCompany'
  | 'setCompany'
  | 'getCompany'
  | 'resolveCompanyname'
  | 'getCompanyList'
  | 'addCompanyToRemoteViewList'
  | 'delCompanyFromRemoteViewList'
  | 'getRemoteViewList'
  | 'addUserToRemoteAdminList'
  | 'delUserFromRemoteAdminList'
  | 'getRemoteAdminList'
> = {
  async createCompany(call, { lpsCompany }) {
    requireCompanies(call);
    requireAdministersSystem(call);
    const name = requireCompany(lpsCompany).lpszCompanyname ?? '';
    if (name === '') throw new PamojaError('INVALID_PARAMETER', 'a company has a name');
    // A name that can be a domain becomes a domain of the company, so that logins can end in it.
    const domains = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(name) ? [name] : [];
    await createTenant(call.context.store, name, domains);
    const company = await findTenantEntry(call.context.store.db, 'all', { name });
    return { ulCompanyId: addressBookId(company), sCompanyId: addressBookEntryId(company), er: 0 };
  },

  async deleteCompany(call, { ulCompanyId, sCompanyId }) {
    const company = await hostedCompany(call, ulCompanyId, sCompanyId);
    requireAdministersSystem(call);
    const deleteAfter = call.context.store.clock() + GRACE_MS;
    await inTransaction(call.context.store.db, (tx) => setTenantState(tx, company.tenant, 'deleting', deleteAfter));
    return { result: 0 };
  },

  async setCompany(call, { lpsCompany }) {
    const sent = requireCompany(lpsCompany);
    const company = await own(call, sent.ulCompanyId, sent.sCompanyId);
    if (sent.lpszCompanyname && sent.lpszCompanyname !== company.name)
      throw new PamojaError('NO_SUPPORT', 'a company keeps its name');
    return { result: 0 };
  },

  async getCompany(call, { ulCompanyId, sCompanyId }) {
    return { lpsCompany: wireCompany(await hostedCompany(call, ulCompanyId, sCompanyId)), er: 0 };
  },

  async resolveCompanyname(call, { lpszCompanyname }) {
    requireCompanies(call);
    const { scope } = call.session.caller;
    const company = await findTenantEntry(call.context.store.db, scope, { name: lpszCompanyname ?? '' });
    return { ulCompanyId: addressBookId(company), sCompanyId: addressBookEntryId(company), er: 0 };
  },

  async getCompanyList(call) {
    requireCompanies(call);
    const companies = await listTenantEntries(call.context.store.db, call.session.caller.scope);
    return { sCompanyArray: companies.map(wireCompany), er: 0 };
  },

  // The `Set` company is seen by the other one (manual 6.2.3).
  async addCompanyToRemoteViewList(call, { ulSetCompanyId, sSetCompanyId, ulCompanyId, sCompanyId }) {
    const [seen, viewer] = await seenAndViewer(call, ulSetCompanyId, sSetCompanyId, ulCompanyId, sCompanyId);
    await inTransaction(call.context.store.db, (tx) => addViewer(tx, seen.tenant, viewer.tenant));
    return { result: 0 };
  },

  async delCompanyFromRemoteViewList(call, { ulSetCompanyId, sSetCompanyId, ulCompanyId, sCompanyId }) {
    const [seen, viewer] = await seenAndViewer(call, ulSetCompanyId, sSetCompanyId, ulCompanyId, sCompanyId);
    await inTransaction(call.context.store.db, (tx) => removeViewer(tx, seen.tenant, viewer.tenant));
    return { result: 0 };
  },

  async getRemoteViewList(call, { ulCompanyId, sCompanyId }) {
    const company = await own(call, ulCompanyId, sCompanyId);
    const { db } = call.context.store;
    const sCompanyArray: Company[] = [];
    for (const name of await listViewers(db, company.tenant))
      sCompanyArray.push(wireCompany(await findTenantEntry(db, 'all', { name })));
    return { sCompanyArray, er: 0 };
  },

  async addUserToRemoteAdminList(call, { ulUserId, sUserId, ulCompanyId, sCompanyId }) {
    const company = await own(call, ulCompanyId, sCompanyId);
    const user = await requestedUser(call, ulUserId, sUserId);
    await inTransaction(call.context.store.db, async (tx) => {
      // The user's present administrators lose the right over the user, unless they administer this company too: so the caller needs rights over
      // both.
      await requireAdministersUser(call, tx, user);
      await addTenantAdmin(tx, company.tenant, user.id);
    });
    return { result: 0 };
  },

  async delUserFromRemoteAdminList(call, { ulUserId, sUserId, ulCompanyId, sCompanyId }) {
    const company = await own(call, ulCompanyId, sCompanyId);
    const user = await requestedUser(call, ulUserId, sUserId);
    await inTransaction(call.context.store.db, (tx) => removeTenantAdmin(tx, company.tenant, user.id));
    return { result: 0 };
  },

  async getRemoteAdminList(call, { ulCompanyId, sCompanyId }) {
    const company = await own(call, ulCompanyId, sCompanyId);
    const { db } = call.context.store;
    const sUserArray: User[] = [];
    for (const name of await listTenantAdmins(db, company.tenant))
      sUserArray.push(wireUser(call, await findUser(db, 'all', { name })));
    return { sUserArray, er: 0 };
  },
};

async function seenAndViewer(
  call: Call,
  seenNumber: number,
  seenId: Buffer | undefined,
  viewerNumber: number,
  viewerId: Buffer | undefined,
): Promise<[CompanyEntry, CompanyEntry]> {
  return [await own(call, seenNumber, seenId), await hostedCompany(call, viewerNumber, viewerId)];
}
