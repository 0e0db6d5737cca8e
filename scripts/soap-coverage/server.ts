import { ERROR_CODES } from '../../shared/mapi/error.ts';
import { logonRequest } from '../clients/soap-client.ts';
import { type Checks, EVERYBODY } from './check.ts';
import { userId } from './directory.ts';
import { SECRET } from './values.ts';

/** Sessions, diagnostics and updates of the client program. */
export const serverChecks = {
  logon: {
    request: () => logonRequest('anna@a.test', 'pass'),
    holds: ({ er, ulSessionId }) => er === 0 && ulSessionId !== undefined,
    open: EVERYBODY,
    public: EVERYBODY,
  },
  ssoLogon: {
    request: () => ({ szUsername: 'anna@a.test', lpInput: Buffer.from('KCOIDC') }),
    holds: ({ er }) => er === ERROR_CODES.NO_SUPPORT,
    unsupported: 'single sign-on is not available',
  },
  logoff: {
    request: () => ({}),
    holds: async (_answer, _values, { anna, logOnAgain }) => {
      const { er } = await anna.call('getStore', {});
      await logOnAgain();
      return er === ERROR_CODES.END_OF_SESSION;
    },
    open: EVERYBODY,
    public: EVERYBODY,
  },
  getLicenseAuth: {
    as: 'system',
    request: () => ({ sAuthData: Buffer.alloc(0) }),
    holds: ({ er }) => er !== 0,
    open: EVERYBODY,
    public: EVERYBODY,
  },
  resolvePseudoUrl: {
    request: () => ({ lpszPseudoUrl: 'pseudo://Unknown' }),
    holds: ({ bIsPeer }) => bIsPeer === true,
    open: EVERYBODY,
    public: EVERYBODY,
  },
  getServerDetails: {
    request: () => ({ szaSvrNameList: ['Unknown'] }),
    holds: ({ sServerList }) => sServerList?.length === 1,
    open: EVERYBODY,
    public: EVERYBODY,
  },
  purgeCache: { as: 'system', request: () => ({}), holds: ({ result }) => result === 0 },
  testPerform: {
    as: 'system',
    request: () => ({ cmd: 'kill_sessions', sPerform: [] }),
    holds: async ({ result }, _values, { anna, logOnAgain }) => {
      const killed = (await anna.call('getStore', {})).er !== 0;
      await logOnAgain();
      return result === 0 && killed;
    },
  },
  testSet: {
    as: 'system',
    request: () => ({ name: 'check', value: SECRET }),
    holds: async (_answer, _values, { system }) => (await system.call('testGet', { name: 'check' })).szValue === SECRET,
  },
  testGet: { as: 'system', request: () => ({ name: 'ping' }), holds: ({ szValue }) => szValue === 'pong' },
  getClientUpdate: {
    request: () => ({ sClientUpdateInfo: { ulTrackId: 1 } }),
    holds: ({ er }) => er === ERROR_CODES.NO_SUPPORT,
    unsupported: 'clients are not updated from a server, as of Kopano 11',
  },
  setClientUpdateStatus: {
    request: () => ({ sClientUpdateStatus: { ulTrackId: 1, ulLastErrorCode: 0, ulLastErrorAction: 0 } }),
    holds: ({ er }) => er === ERROR_CODES.NO_SUPPORT,
    unsupported: 'clients are not updated from a server, as of Kopano 11',
  },
  getUserClientUpdateStatus: {
    as: 'system',
    request: ({ users }) => ({ sUserId: userId(users.anna) }),
    holds: ({ er }) => er === ERROR_CODES.NO_SUPPORT,
    unsupported: 'clients are not updated from a server, as of Kopano 11',
  },
} satisfies Checks;
