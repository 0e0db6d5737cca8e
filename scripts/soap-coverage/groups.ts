import { type Checks, IN_ADDRESS_BOOK } from './check.ts';
import { userId } from './directory.ts';
import { uniqueNumber } from './values.ts';

/** Groups and their members. */
export const groupChecks = {
  createGroup: {
    as: 'system',
    request: () => ({
      lpsGroup: { ulGroupId: 0, lpszGroupname: `made${uniqueNumber()}@a.test`, lpszFullname: 'Made', ulIsABHidden: 0 },
    }),
    holds: async ({ sGroupId }, _values, { system }) =>
      (await system.call('getGroup', { sGroupId: sGroupId as Buffer })).lpsGroup?.lpszFullname === 'Made',
  },
  getGroup: {
    request: async ({ directory }) => ({ sGroupId: await directory.newGroup() }),
    holds: ({ lpsGroup }) => lpsGroup?.lpszFullname === 'Group',
    open: IN_ADDRESS_BOOK,
  },
  setGroup: {
    as: 'system',
    request: async ({ directory }) => ({
      lpsGroup: { ulGroupId: 0, sGroupId: await directory.newGroup(), lpszFullname: 'Renamed', ulIsABHidden: 0 },
    }),
    holds: async (_answer, { lpsGroup }, { system }) =>
      (await system.call('getGroup', { sGroupId: lpsGroup?.sGroupId as Buffer })).lpsGroup?.lpszFullname === 'Renamed',
  },
  groupDelete: {
    as: 'system',
    request: async ({ directory }) => ({ sGroupId: await directory.newGroup() }),
    holds: async (_answer, { sGroupId }, { system }) =>
      (await system.call('getGroup', { sGroupId: sGroupId as Buffer })).er !== 0,
  },
  getGroupList: {
    request: async ({ directory, companyA }) => {
      await directory.newGroup();
      return { sCompanyId: companyA };
    },
    holds: ({ sGroupArray }) => (sGroupArray ?? []).length > 1,
    open: IN_ADDRESS_BOOK,
  },
  resolveGroupname: {
    request: async ({ system, directory }) => ({
      lpszGroupname:
        (await system.call('getGroup', { sGroupId: await directory.newGroup() })).lpsGroup?.lpszGroupname ?? '',
    }),
    holds: ({ er, sGroupId }) => er === 0 && sGroupId !== undefined,
    open: IN_ADDRESS_BOOK,
  },
  addGroupUser: {
    as: 'system',
    request: async ({ directory, users }) => ({ sGroupId: await directory.newGroup(), sUserId: userId(users.bert) }),
    holds: async (_answer, { sGroupId }, { directory }) =>
      (await directory.membersOf(sGroupId as Buffer)).includes('bert@a.test'),
  },
  deleteGroupUser: {
    as: 'system',
    request: async ({ system, directory, users }) => {
      const sGroupId = await directory.newGroup();
      await system.call('addGroupUser', { sGroupId, sUserId: userId(users.bert) });
      return { sGroupId, sUserId: userId(users.bert) };
    },
    holds: async (_answer, { sGroupId }, { directory }) => (await directory.membersOf(sGroupId as Buffer)).length === 0,
  },
  getUserListOfGroup: {
    request: async ({ system, directory, users }) => {
      const sGroupId = await directory.newGroup();
      await system.call('addGroupUser', { sGroupId, sUserId: userId(users.bert) });
      return { sGroupId };
    },
    holds: ({ sUserArray }) => sUserArray?.[0]?.lpszUsername === 'bert@a.test',
    open: IN_ADDRESS_BOOK,
  },
  getGroupListOfUser: {
    request: async ({ system, directory, users }) => {
      await system.call('addGroupUser', { sGroupId: await directory.newGroup(), sUserId: userId(users.anna) });
      return { sUserId: userId(users.anna) };
    },
    holds: ({ sGroupArray }) => (sGroupArray ?? []).length >= 2,
    open: IN_ADDRESS_BOOK,
  },
} satisfies Checks;
