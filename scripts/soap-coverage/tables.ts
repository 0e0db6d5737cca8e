import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import type { Checks } from './check.ts';
import { SECRET, subjectContains } from './values.ts';

/** Waits up to a second: a search folder is filled in the background. */
async function waitFor(holds: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 50; tries++) {
    if (await holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

/** Tables and search folders. */
export const tableChecks = {
  tableOpen: {
    request: ({ mailbox }) => ({ sEntryId: mailbox.full, ulTableType: 1, ulType: OBJECT.MESSAGE }),
    holds: async ({ ulTableId = 0 }, _values, { anna }) =>
      ((await anna.call('tableGetRowCount', { ulTableId })).ulCount ?? 0) >= 3,
  },
  tableClose: {
    request: async ({ mailbox }) => ({ ulTableId: await mailbox.openTable() }),
    holds: async (_answer, { ulTableId = 0 }, { anna }) =>
      (await anna.call('tableGetRowCount', { ulTableId })).er !== 0,
  },
  tableSetColumns: {
    request: async ({ mailbox }) => ({ ulTableId: await mailbox.openTable(), aPropTag: [PR.MESSAGE_CLASS] }),
    holds: async (_answer, { ulTableId = 0 }, { anna }) => {
      const { sRowSet } = await anna.call('tableQueryRows', { ulTableId, ulRowCount: 1 });
      return sRowSet?.[0]?.[0]?.value === 'IPM.Note';
    },
  },
  tableQueryColumns: {
    request: async ({ mailbox }) => ({ ulTableId: await mailbox.openTable(), ulFlags: 1 }),
    holds: ({ sPropTagArray }) => (sPropTagArray ?? []).includes(PR.ENTRYID),
  },
  tableSort: {
    request: async ({ mailbox }) => ({
      ulTableId: await mailbox.openTable(),
      aSortOrder: [{ ulPropTag: PR.SUBJECT, ulOrder: 0 }],
    }),
    holds: async (_answer, { ulTableId = 0 }, { mailbox }) =>
      (await mailbox.subjectsFrom(ulTableId))[0]?.startsWith('a ') === true,
  },
  tableRestrict: {
    request: async ({ mailbox }) => ({ ulTableId: await mailbox.openTable(), lpRestrict: subjectContains('TWO') }),
    holds: async (_answer, { ulTableId = 0 }, { mailbox }) =>
      (await mailbox.subjectsFrom(ulTableId)).join() === 'b two',
  },
  tableGetRowCount: {
    request: async ({ mailbox }) => ({ ulTableId: await mailbox.openTable() }),
    holds: ({ ulCount }) => (ulCount ?? 0) >= 3,
  },
  tableQueryRows: {
    request: async ({ mailbox }) => ({ ulTableId: await mailbox.openTable(), ulRowCount: 10 }),
    holds: ({ sRowSet }) => (sRowSet ?? []).length >= 3,
  },
  tableFindRow: {
    request: async ({ mailbox }) => ({
      ulTableId: await mailbox.openTable(),
      ulBookmark: 0,
      lpsRestrict: subjectContains('a three', 0),
    }),
    holds: async (_answer, { ulTableId = 0 }, { mailbox }) => (await mailbox.subjectsFrom(ulTableId))[0] === 'a three',
  },
  tableSeekRow: {
    request: async ({ mailbox }) => ({ ulTableId: await mailbox.openTable(), ulBookmark: 0, lRowCount: 2 }),
    holds: async ({ lRowsSought }, { ulTableId = 0 }, { mailbox }) =>
      lRowsSought === 2 &&
      (await mailbox.subjectsFrom(ulTableId)).join() ===
        (await mailbox.subjectsFrom(await mailbox.openTable())).slice(2).join(),
  },
  tableCreateBookmark: {
    request: async ({ mailbox }) => ({ ulTableId: await mailbox.openTable() }),
    holds: ({ er, ulbkPosition }) => er === 0 && (ulbkPosition ?? 0) > 2,
  },
  tableFreeBookmark: {
    request: async ({ anna, mailbox }) => {
      const ulTableId = await mailbox.openTable();
      return { ulTableId, ulbkPosition: (await anna.call('tableCreateBookmark', { ulTableId })).ulbkPosition ?? 0 };
    },
    holds: async (_answer, { ulTableId = 0, ulbkPosition = 0 }, { anna }) =>
      (await anna.call('tableSeekRow', { ulTableId, ulBookmark: ulbkPosition, lRowCount: 0 })).er !== 0,
  },
  tableSetSearchCriteria: {
    request: async ({ mailbox }) => ({
      sEntryId: await mailbox.folder(2),
      lpRestrict: subjectContains('two'),
      lpFolders: [mailbox.full],
      ulFlags: 2,
    }),
    holds: (_answer, { sEntryId }, { mailbox }) =>
      waitFor(async () => (await mailbox.subjects(sEntryId as Buffer)).length === 1),
  },
  tableGetSearchCriteria: {
    request: async ({ anna, mailbox }) => {
      const sEntryId = await mailbox.folder(2);
      await anna.call('tableSetSearchCriteria', {
        sEntryId,
        lpRestrict: subjectContains(SECRET),
        lpFolders: [mailbox.full],
        ulFlags: 2,
      });
      return { sEntryId };
    },
    holds: ({ lpRestrict }) => lpRestrict?.lpContent?.lpProp?.value === SECRET,
  },
  tableExpandRow: {
    request: async ({ anna, mailbox }) => {
      const ulTableId = await mailbox.openTable(true);
      const { sRowSet } = await anna.call('tableQueryRows', { ulTableId, ulRowCount: 1 });
      const sInstanceKey = sRowSet?.[0]?.find(({ tag }) => tag === PR.INSTANCE_KEY)?.value as Buffer;
      await anna.call('tableCollapseRow', { ulTableId, sInstanceKey });
      return { ulTableId, sInstanceKey, ulRowCount: 10 };
    },
    holds: ({ rowSet, er }) => er === 0 && (rowSet ?? []).length >= 3,
  },
  tableCollapseRow: {
    request: async ({ anna, mailbox }) => {
      const ulTableId = await mailbox.openTable(true);
      const { sRowSet } = await anna.call('tableQueryRows', { ulTableId, ulRowCount: 1 });
      return { ulTableId, sInstanceKey: sRowSet?.[0]?.find(({ tag }) => tag === PR.INSTANCE_KEY)?.value as Buffer };
    },
    holds: ({ ulRows, er }) => er === 0 && (ulRows ?? 0) >= 3,
  },
  tableGetCollapseState: {
    request: async ({ mailbox }) => ({ ulTableId: await mailbox.openTable(true), sBookmark: Buffer.alloc(0) }),
    holds: ({ er }) => er === 0,
  },
  tableSetCollapseState: {
    request: async ({ anna, mailbox }) => {
      const ulTableId = await mailbox.openTable(true);
      const { sCollapseState } = await anna.call('tableGetCollapseState', { ulTableId, sBookmark: Buffer.alloc(0) });
      return { ulTableId, sCollapseState: sCollapseState ?? Buffer.alloc(0) };
    },
    holds: ({ er }) => er === 0,
  },
  tableMulti: {
    request: ({ mailbox }) => ({
      sRequest: {
        ulTableId: 0,
        ulFlags: 0,
        lpOpen: { sEntryId: mailbox.full, ulTableType: 1, ulType: OBJECT.MESSAGE, ulFlags: 0 },
        lpSetColumns: [PR.SUBJECT],
        lpQueryRows: { ulCount: 10, ulFlags: 0 },
      },
    }),
    holds: ({ sRowSet }) => (sRowSet ?? []).length >= 3,
  },
} satisfies Checks;
