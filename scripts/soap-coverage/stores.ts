import { ERROR_CODES } from '../../shared/mapi/error.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import { ABOUT_CALLER, type Checks, IN_ADDRESS_BOOK } from './check.ts';
import { userId } from './directory.ts';

/** Stores: opening, finding, making, hooking and purging them. */
export const storeChecks = {
  getStore: {
    request: ({ mailbox }) => ({ lpsEntryId: mailbox.storeId }),
    holds: (answer, _values, { mailbox }) => answer.guid?.equals(mailbox.guid) === true,
    open: 'a store may be opened; what is in it has rights',
  },
  getStoreName: {
    request: ({ mailbox }) => ({ sEntryId: mailbox.storeId }),
    holds: ({ lpszStoreName }) => lpszStoreName === 'Inbox - anna',
    open: IN_ADDRESS_BOOK,
  },
  getStoreType: {
    request: ({ mailbox }) => ({ sEntryId: mailbox.storeId }),
    holds: ({ er, ulStoreType }) => er === 0 && ulStoreType === 0,
    open: IN_ADDRESS_BOOK,
  },
  getPublicStore: {
    request: () => ({}),
    holds: async ({ sStoreId, er }, _values, { mailbox }) =>
      er === 0 && (await mailbox.properties(sStoreId as Buffer)).get(PR.DISPLAY_NAME) === 'Public Folders',
    open: 'the public store is for all',
    public: ABOUT_CALLER,
  },
  resolveStore: {
    request: ({ mailbox }) => ({ sStoreGuid: mailbox.guid }),
    holds: ({ ulUserId }, _values, { users }) => ulUserId === users.anna.ulUserId,
    open: IN_ADDRESS_BOOK,
  },
  resolveUserStore: {
    request: () => ({ szUserName: 'anna@a.test' }),
    holds: (answer, _values, { mailbox }) => answer.guid?.equals(mailbox.guid) === true,
    open: IN_ADDRESS_BOOK,
  },
  getOwner: {
    request: ({ mailbox }) => ({ sEntryId: mailbox.inbox }),
    holds: ({ ulOwner }, _values, { users }) => ulOwner === users.anna.ulUserId,
    open: IN_ADDRESS_BOOK,
  },
  createStore: {
    as: 'system',
    request: async ({ directory }) => ({ ulStoreType: 2, sUserId: userId(await directory.newUser()) }),
    holds: async (_answer, { sUserId }, { system }) => {
      const login = (await system.call('getUser', { sUserId: sUserId as Buffer })).lpsUser?.lpszUsername ?? '';
      return (await system.call('resolveUserStore', { szUserName: login, ulStoreTypeMask: 4 })).er === 0;
    },
  },
  removeStore: {
    as: 'system',
    request: async ({ directory }) => ({ sStoreGuid: await directory.newOrphan() }),
    holds: async (_answer, { sStoreGuid }, { system }) =>
      (await system.call('resolveStore', { sStoreGuid: sStoreGuid as Buffer })).er !== 0,
  },
  hookStore: {
    as: 'system',
    request: async ({ system, directory }) => {
      const sStoreGuid = await directory.newOrphan();
      const sUserId = userId(await directory.newUser());
      await system.call('unhookStore', { ulStoreType: 0, sUserId });
      return { ulStoreType: 0, sUserId, sStoreGuid };
    },
    holds: async (_answer, { sUserId, sStoreGuid }, { system }) =>
      (await system.call('resolveStore', { sStoreGuid: sStoreGuid as Buffer })).sUserId?.equals(sUserId as Buffer) ===
      true,
  },
  unhookStore: {
    as: 'system',
    request: async ({ directory }) => ({ ulStoreType: 0, sUserId: userId(await directory.newUser()) }),
    holds: async (_answer, { sUserId }, { system }) => {
      const login = (await system.call('getUser', { sUserId: sUserId as Buffer })).lpsUser?.lpszUsername ?? '';
      return (await system.call('resolveUserStore', { szUserName: login })).er !== 0;
    },
  },
  purgeSoftDelete: {
    as: 'system',
    request: async ({ anna, mailbox }) => {
      const gone = await mailbox.message();
      await anna.call('deleteObjects', { aMessages: [gone] });
      return { ulDays: 0 };
    },
    holds: async (_answer, _values, { anna, mailbox }) => {
      const { ulTableId = 0 } = await anna.call('tableOpen', {
        sEntryId: mailbox.inbox,
        ulTableType: 1,
        ulType: OBJECT.MESSAGE,
        ulFlags: 2,
      });
      return (await anna.call('tableGetRowCount', { ulTableId })).ulCount === 0;
    },
  },
  purgeDeferredUpdates: {
    as: 'system',
    request: () => ({}),
    holds: ({ er }) => er === ERROR_CODES.NOT_FOUND,
  },
} satisfies Checks;
