import { PR } from '../../shared/mapi/property-tags.ts';
import type { Checks } from './check.ts';
import { userId } from './directory.ts';
import { SECRET, uniqueNumber } from './values.ts';

/** Folders: making, copying, emptying and deleting them, rights on them, and receive folders. */
export const folderChecks = {
  createFolder: {
    request: ({ mailbox }) => ({
      sParentId: mailbox.inbox,
      ulType: 1,
      szName: `made ${uniqueNumber()}`,
      szComment: 'c',
      fOpenIfExists: false,
    }),
    holds: async ({ sEntryId }, { szName }, { mailbox }) =>
      (await mailbox.properties(sEntryId as Buffer)).get(PR.DISPLAY_NAME) === szName,
  },
  'create-folders': {
    request: ({ mailbox }) => ({
      'parent-eid': mailbox.inbox,
      batch: [`one ${uniqueNumber()}`, `two ${uniqueNumber()}`].map((name) => ({
        name,
        comment: '',
        'open-if-exists': false,
        type: 1,
        'sync-id': 0,
      })),
    }),
    holds: async (_answer, { batch }, { mailbox }) =>
      (await mailbox.subfolderNames(mailbox.inbox)).filter((made) => batch?.some(({ name }) => name === made))
        .length === 2,
  },
  copyFolder: {
    request: async ({ mailbox }) => ({
      sEntryId: mailbox.full,
      sDestFolderId: mailbox.inbox,
      lpszNewFolderName: `copy ${uniqueNumber()}`,
      ulFlags: 0,
    }),
    holds: async (_answer, { lpszNewFolderName }, { mailbox }) =>
      (await mailbox.subfolderNames(mailbox.inbox)).includes(lpszNewFolderName ?? ''),
  },
  emptyFolder: {
    request: async ({ mailbox }) => {
      const sEntryId = await mailbox.folder();
      await mailbox.message(SECRET, sEntryId);
      return { sEntryId };
    },
    holds: async (_answer, { sEntryId }, { mailbox }) => (await mailbox.subjects(sEntryId as Buffer)).length === 0,
  },
  deleteFolder: {
    request: async ({ mailbox }) => ({ sEntryId: await mailbox.folder(), ulFlags: 5 }),
    holds: async (_answer, { sEntryId }, { mailbox }) => !(await mailbox.exists(sEntryId as Buffer)),
  },
  resetFolderCount: { request: ({ mailbox }) => ({ sEntryId: mailbox.full }), holds: ({ er }) => er === 0 },
  getRights: { request: ({ mailbox }) => ({ sEntryId: mailbox.full, ulType: 3 }), holds: ({ er }) => er === 0 },
  setRights: {
    request: async ({ mailbox, users }) => ({
      sEntryId: await mailbox.folder(),
      lpsrightsArray: [{ ulUserid: 0, sUserId: userId(users.dora), ulType: 2, ulRights: 0x401, ulState: 1 }],
    }),
    holds: async (_answer, { sEntryId }, { anna }) =>
      (await anna.call('getRights', { sEntryId: sEntryId as Buffer, ulType: 2 })).pRightsArray?.[0]?.ulRights === 0x401,
  },
  setReceiveFolder: {
    request: async ({ mailbox }) => ({
      sStoreId: mailbox.storeId,
      lpsEntryId: await mailbox.folder(),
      lpszMessageClass: 'IPM.Check',
    }),
    holds: async (_answer, { lpsEntryId }, { anna, mailbox }) =>
      (
        await anna.call('getReceiveFolder', { sStoreId: mailbox.storeId, lpszMessageClass: 'IPM.Check' })
      ).sReceiveFolder?.sEntryId?.equals(lpsEntryId as Buffer) === true,
  },
  getReceiveFolder: {
    request: ({ mailbox }) => ({ sStoreId: mailbox.storeId, lpszMessageClass: 'IPM' }),
    holds: ({ sReceiveFolder }, _values, { mailbox }) => sReceiveFolder?.sEntryId?.equals(mailbox.inbox) === true,
    open: 'delegates ask where mail goes',
  },
  getReceiveFolderTable: {
    request: ({ mailbox }) => ({ sStoreId: mailbox.storeId }),
    holds: ({ sFolderArray }) => (sFolderArray ?? []).length > 0,
    open: 'delegates ask where mail goes',
  },
} satisfies Checks;
