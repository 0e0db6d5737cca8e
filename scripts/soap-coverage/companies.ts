import { ABOUT_CALLER, type Checks, IN_ADDRESS_BOOK } from './check.ts';
import { userId } from './directory.ts';
import { uniqueNumber } from './values.ts';

/** Companies (tenants), which other companies see them, and who administers them. */
export const companyChecks = {
  createCompany: {
    as: 'system',
    request: () => ({
      lpsCompany: {
        ulCompanyId: 0,
        ulAdministrator: 0,
        lpszCompanyname: `made${uniqueNumber()}.test`,
        ulIsABHidden: 0,
      },
    }),
    holds: async (_answer, { lpsCompany }, { system }) =>
      (await system.call('resolveCompanyname', { lpszCompanyname: lpsCompany?.lpszCompanyname ?? '' })).er === 0,
  },
  getCompany: {
    request: ({ companyA }) => ({ sCompanyId: companyA }),
    holds: ({ lpsCompany }) => lpsCompany?.lpszCompanyname === 'a.test',
    open: IN_ADDRESS_BOOK,
  },
  setCompany: {
    as: 'system',
    request: async ({ companyA }) => ({
      lpsCompany: { ulCompanyId: 0, ulAdministrator: 0, sCompanyId: companyA, ulIsABHidden: 0 },
    }),
    holds: ({ result }) => result === 0,
  },
  deleteCompany: {
    as: 'system',
    request: async ({ directory }) => ({ sCompanyId: await directory.newCompany() }),
    holds: async (_answer, { sCompanyId }, { system }) =>
      (await system.call('getCompany', { sCompanyId: sCompanyId as Buffer })).er !== 0,
  },
  resolveCompanyname: {
    request: () => ({ lpszCompanyname: 'a.test' }),
    holds: ({ er }) => er === 0,
    open: IN_ADDRESS_BOOK,
  },
  getCompanyList: {
    request: () => ({}),
    holds: ({ sCompanyArray }) => sCompanyArray?.length === 1 && sCompanyArray[0]?.lpszCompanyname === 'a.test',
    open: ABOUT_CALLER,
    public: 'each caller sees the companies that are visible to it',
  },
  addCompanyToRemoteViewList: {
    as: 'system',
    request: async ({ directory, companyA }) => ({ sSetCompanyId: companyA, sCompanyId: await directory.newCompany() }),
    holds: async (_answer, _values, { directory, companyA }) => (await directory.viewersOf(companyA)).length === 1,
  },
  delCompanyFromRemoteViewList: {
    as: 'system',
    request: async ({ system, directory }) => {
      const [seen, viewer] = [await directory.newCompany(), await directory.newCompany()];
      await system.call('addCompanyToRemoteViewList', { sSetCompanyId: seen, sCompanyId: viewer });
      return { sSetCompanyId: seen, sCompanyId: viewer };
    },
    holds: async (_answer, { sSetCompanyId }, { directory }) =>
      (await directory.viewersOf(sSetCompanyId as Buffer)).length === 0,
  },
  getRemoteViewList: {
    as: 'system',
    request: ({ companyA }) => ({ sCompanyId: companyA }),
    holds: ({ er }) => er === 0,
  },
  addUserToRemoteAdminList: {
    as: 'system',
    request: async ({ directory, users }) => ({
      sUserId: userId(users.dora),
      sCompanyId: await directory.newCompany(),
    }),
    holds: async (_answer, { sCompanyId }, { directory }) =>
      (await directory.administratorsOf(sCompanyId as Buffer)).includes('dora@a.test'),
  },
  delUserFromRemoteAdminList: {
    as: 'system',
    request: async ({ system, directory, users }) => {
      const sCompanyId = await directory.newCompany();
      await system.call('addUserToRemoteAdminList', { sUserId: userId(users.dora), sCompanyId });
      return { sUserId: userId(users.dora), sCompanyId };
    },
    holds: async (_answer, { sCompanyId }, { directory }) =>
      (await directory.administratorsOf(sCompanyId as Buffer)).length === 0,
  },
  getRemoteAdminList: {
    as: 'system',
    request: ({ companyA }) => ({ sCompanyId: companyA }),
    holds: ({ er }) => er === 0,
  },
} satisfies Checks;
