import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import type { BinarySource } from '../../shared/protocol/soap/types.ts';
import type { Checks } from './check.ts';

/** A source that can be read more than once: the same request goes out for several callers. */
const repeatable = (bytes: Buffer): BinarySource => ({
  async *[Symbol.asyncIterator]() {
    yield bytes;
  },
});

/** Incremental change synchronization (ICS). */
export const syncChecks = {
  getChanges: {
    request: async ({ mailbox }) => ({
      sSourceKeyFolder: await mailbox.sourceKey(mailbox.full),
      ulSyncId: await mailbox.newSync(),
      ulChangeType: 1,
      ulFlags: 0x20,
    }),
    holds: async ({ sChangesArray }, _values, { anna, system, directory }) => {
      const book = async (ulChangeId: number) => {
        const request = { sSourceKeyFolder: Buffer.alloc(0), ulSyncId: 0, ulChangeId, ulChangeType: 3, ulFlags: 0 };
        return anna.call('getChanges', request);
      };
      const all = await book(0);
      const { lpszUsername = '', sUserId = Buffer.alloc(0) } = await directory.newUser();
      const made = await book(all.ulMaxChangeId ?? 0);
      await system.call('deleteUser', { ulUserId: 0, sUserId });
      const gone = await book(made.ulMaxChangeId ?? 0);
      const kinds = (answer: typeof all) => answer.sChangesArray?.map(({ ulChangeType }) => ulChangeType) ?? [];
      return (
        lpszUsername !== '' &&
        (sChangesArray ?? []).length >= 3 &&
        kinds(all).length > 2 &&
        kinds(made).join() === String(0x4001) &&
        kinds(gone).join() === String(0x4004)
      );
    },
  },
  setSyncStatus: {
    request: async ({ mailbox }) => ({
      sSourceKeyFolder: await mailbox.sourceKey(mailbox.full),
      ulChangeType: 1,
      ulChangeId: 7,
    }),
    holds: async ({ ulSyncId = 0 }, _values, { anna }) =>
      (await anna.call('getSyncStates', { ulaSyncId: [ulSyncId] })).sSyncStates?.[0]?.ulChangeId === 7,
  },
  getSyncStates: {
    request: async ({ mailbox }) => ({ ulaSyncId: [await mailbox.newSync()] }),
    holds: ({ sSyncStates }) => sSyncStates?.length === 1,
    open: 'a client is told of its own synchronizations',
    public: 'a client is told of its own synchronizations',
  },
  getEntryIDFromSourceKey: {
    request: async ({ mailbox }) => ({
      sStoreId: mailbox.storeId,
      folderSourceKey: await mailbox.sourceKey(mailbox.full),
      messageSourceKey: Buffer.alloc(0),
    }),
    holds: ({ sEntryId }, _values, { mailbox }) => sEntryId?.equals(mailbox.full) === true,
  },
  getChangeInfo: {
    request: async ({ mailbox }) => ({ sEntryId: await mailbox.message() }),
    holds: ({ er, sPropCK }) => er === 0 && sPropCK !== undefined,
  },
  exportMessageChangesAsStream: {
    request: async ({ mailbox }) => ({
      ulPropTag: PR.ENTRYID,
      sPropTags: [],
      'param-1': [{ sObjectKey: await mailbox.message(), sParentKey: mailbox.inbox }],
    }),
    holds: async ({ sMsgStreams }, values, { boss }) =>
      sMsgStreams?.length === 1 && (await boss.call('exportMessageChangesAsStream', values)).sMsgStreams?.length === 0,
    public: 'messages that do not exist or are not visible to the caller are left out',
  },
  importMessageFromStream: {
    request: async ({ mailbox }) => ({
      sParentEntryId: await mailbox.folder(),
      sEntryId: mailbox.newId(OBJECT.MESSAGE),
      bIsNew: true,
      sStreamData: repeatable(await mailbox.exported(await mailbox.message('streamed'))),
    }),
    holds: async (_answer, { sEntryId }, { mailbox }) =>
      (await mailbox.properties(sEntryId as Buffer)).get(PR.SUBJECT) === 'streamed',
  },
} satisfies Checks;
