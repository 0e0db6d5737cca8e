import { PR } from '../../shared/mapi/property-tags.ts';
import { SoapClient } from '../clients/soap-client.ts';
import type { Checks } from './check.ts';
import { object, property, SECRET } from './values.ts';

/** Messages and the properties of objects. */
export const messageChecks = {
  loadProp: {
    request: async ({ mailbox }) => ({ sEntryId: await mailbox.message(), ulPropTag: PR.SUBJECT }),
    holds: ({ lpPropVal }) => lpPropVal?.value === SECRET,
  },
  loadObject: {
    request: async ({ mailbox }) => ({ sEntryId: await mailbox.message() }),
    holds: ({ sSaveObject }) => sSaveObject?.modProps?.some(({ value }) => value === SECRET) === true,
  },
  saveObject: {
    request: async ({ anna, mailbox }) => {
      const sEntryId = await mailbox.message();
      const { sSaveObject } = await anna.call('loadObject', { sEntryId });
      return {
        sParentEntryId: mailbox.inbox,
        sEntryId,
        lpsSaveObj: object([property(PR.SUBJECT, 'new')], sSaveObject?.ulServerId),
      };
    },
    holds: async (_answer, { sEntryId }, { mailbox }) =>
      (await mailbox.properties(sEntryId as Buffer)).get(PR.SUBJECT) === 'new',
  },
  copyObjects: {
    request: async ({ mailbox }) => ({ aMessages: [await mailbox.message()], sDestFolderId: await mailbox.folder() }),
    holds: async (_answer, { sDestFolderId }, { mailbox }) =>
      (await mailbox.subjects(sDestFolderId as Buffer)).length === 1,
  },
  deleteObjects: {
    request: async ({ mailbox }) => ({ aMessages: [await mailbox.message()] }),
    holds: async (_answer, { aMessages }, { mailbox }) => !(await mailbox.exists(aMessages?.[0] as Buffer)),
  },
  checkExistObject: {
    request: async ({ mailbox }) => ({ sEntryId: await mailbox.message() }),
    holds: ({ result }) => result === 0,
    open: 'an entry id cannot be guessed: a caller who has one may know that the object exists',
  },
  setReadFlags: {
    request: async ({ mailbox }) => ({ lpMessages: [await mailbox.message()] }),
    holds: async (_answer, { lpMessages }, { mailbox }) =>
      (Number((await mailbox.properties(lpMessages?.[0] as Buffer)).get(PR.MESSAGE_FLAGS)) & 1) === 1,
  },
  getMessageStatus: {
    request: async ({ mailbox }) => ({ sEntryId: await mailbox.message() }),
    holds: ({ er, ulMessageStatus }) => er === 0 && ulMessageStatus === 0,
  },
  setMessageStatus: {
    request: async ({ mailbox }) => ({ sEntryId: await mailbox.message(), ulNewStatus: 8, ulNewStatusMask: 8 }),
    holds: async (_answer, { sEntryId }, { anna }) =>
      (await anna.call('getMessageStatus', { sEntryId: sEntryId as Buffer })).ulMessageStatus === 8,
  },
  setLockState: {
    request: async ({ mailbox }) => ({ sEntryId: await mailbox.message(), bLocked: true }),
    holds: async (_answer, { sEntryId }, { tcp }) => {
      const other = await SoapClient.logon(tcp, 'anna@a.test', 'pass');
      const { result } = await other.call('setLockState', { sEntryId: sEntryId as Buffer, bLocked: true });
      return result !== 0;
    },
  },
  getIDsFromNames: {
    request: ({ mailbox }) => ({ lpsNamedProps: [{ lpString: 'check', lpguid: mailbox.guid }], ulFlags: 2 }),
    holds: async ({ lpsPropTags }, _values, { anna }) =>
      (await anna.call('getNamesFromIDs', { lpsPropTags: lpsPropTags ?? [] })).lpsNames?.[0]?.lpString === 'check',
    open: 'names belong to a company',
    public: 'names belong to a company: another company gets ids of its own',
  },
  getNamesFromIDs: {
    request: async ({ anna, mailbox }) => ({
      lpsPropTags:
        (
          await anna.call('getIDsFromNames', {
            lpsNamedProps: [{ lpString: SECRET, lpguid: mailbox.guid }],
            ulFlags: 2,
          })
        ).lpsPropTags ?? [],
    }),
    holds: ({ lpsNames }) => lpsNames?.[0]?.lpString === SECRET,
    open: 'names belong to a company',
    public: 'names belong to a company: there the id is another name, or none',
  },
} satisfies Checks;
