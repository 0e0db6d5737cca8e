import { ERROR_CODES } from '../../shared/mapi/error.ts';
import { SoapClient } from '../clients/soap-client.ts';
import { type Checks, IN_ADDRESS_BOOK } from './check.ts';
import { userId, userRequest } from './directory.ts';
import { uniqueNumber } from './values.ts';

/** Users, and the right to send as them. */
export const userChecks = {
  createUser: {
    as: 'system',
    request: () => ({ lpsUser: userRequest(`made${uniqueNumber()}@a.test`) }),
    holds: async (_answer, { lpsUser }, { tcp }) =>
      (await SoapClient.logon(tcp, lpsUser?.lpszUsername ?? '', 'password')).session !== 0n,
  },
  getUser: {
    request: ({ users }) => ({ sUserId: userId(users.anna) }),
    holds: ({ lpsUser }) => lpsUser?.lpszUsername === 'anna@a.test',
    open: IN_ADDRESS_BOOK,
  },
  setUser: {
    as: 'system',
    request: async ({ directory }) => ({ lpsUser: { ...(await directory.newUser()), lpszFullName: 'Another Name' } }),
    holds: async (_answer, { lpsUser }, { directory }) =>
      (await directory.userOf(lpsUser?.lpszUsername ?? '')).lpszFullName === 'Another Name',
  },
  deleteUser: {
    as: 'system',
    request: async ({ directory }) => ({ sUserId: userId(await directory.newUser()) }),
    holds: async (_answer, { sUserId }, { system }) =>
      (await system.call('getUser', { sUserId: sUserId as Buffer })).er !== 0,
  },
  removeAllObjects: {
    as: 'system',
    request: ({ users }) => ({ sExceptUserId: userId(users.anna) }),
    holds: ({ result }) => result === ERROR_CODES.NO_SUPPORT,
    unsupported: 'a server that hosts companies removes no company at one call',
  },
  getUserList: {
    request: ({ companyA }) => ({ sCompanyId: companyA }),
    holds: ({ sUserArray }) => (sUserArray ?? []).some(({ lpszUsername }) => lpszUsername === 'anna@a.test'),
    open: IN_ADDRESS_BOOK,
  },
  resolveUsername: {
    request: () => ({ lpszUsername: 'anna@a.test' }),
    holds: ({ ulUserId }, _values, { users }) => ulUserId === users.anna.ulUserId,
    open: IN_ADDRESS_BOOK,
  },
  getSendAsList: {
    as: 'system',
    request: async ({ system, directory, users }) => {
      const sUserId = userId(await directory.newUser());
      await system.call('addSendAsUser', { sUserId, sSenderId: userId(users.anna) });
      return { sUserId };
    },
    holds: ({ sUserArray }) => sUserArray?.[0]?.lpszUsername === 'anna@a.test',
    open: IN_ADDRESS_BOOK,
  },
  addSendAsUser: {
    as: 'system',
    request: async ({ directory, users }) => ({
      sUserId: userId(await directory.newUser()),
      sSenderId: userId(users.bert),
    }),
    holds: async (_answer, { sUserId }, { directory }) =>
      (await directory.sendersOf(sUserId as Buffer)).includes('bert@a.test'),
  },
  delSendAsUser: {
    as: 'system',
    request: async ({ system, directory, users }) => {
      const sUserId = userId(await directory.newUser());
      await system.call('addSendAsUser', { sUserId, sSenderId: userId(users.bert) });
      return { sUserId, sSenderId: userId(users.bert) };
    },
    holds: async (_answer, { sUserId }, { directory }) => (await directory.sendersOf(sUserId as Buffer)).length === 0,
  },
} satisfies Checks;
