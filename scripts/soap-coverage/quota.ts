import type { Checks } from './check.ts';
import { userId } from './directory.ts';

/** Quota levels, and the recipients of quota mails. */
export const quotaChecks = {
  GetQuota: {
    request: ({ users }) => ({ sUserId: userId(users.anna) }),
    holds: ({ sQuota }) => sQuota?.bUseDefaultQuota === true,
  },
  SetQuota: {
    as: 'system',
    request: ({ users }) => ({
      sUserId: userId(users.dora),
      lpsQuota: {
        bUseDefaultQuota: false,
        bIsUserDefaultQuota: false,
        llWarnSize: 1000n,
        llSoftSize: 2000n,
        llHardSize: 3000n,
      },
    }),
    holds: async (_answer, _values, { system, users }) =>
      (await system.call('GetQuota', { sUserId: userId(users.dora) })).sQuota?.llHardSize === 3000n,
  },
  GetQuotaStatus: {
    request: ({ users }) => ({ sUserId: userId(users.anna) }),
    holds: ({ llStoreSize }) => (llStoreSize ?? 0n) > 0n,
  },
  GetQuotaRecipients: {
    as: 'system',
    request: ({ users }) => ({ sUserId: userId(users.anna) }),
    holds: ({ sUserArray }) => (sUserArray ?? []).some(({ lpszUsername }) => lpszUsername === 'anna@a.test'),
  },
  AddQuotaRecipient: {
    as: 'system',
    request: ({ users, companyA }) => ({ sCompanyId: companyA, sRecipientId: userId(users.dora), ulType: 0x10001 }),
    holds: async (_answer, _values, { directory, users }) =>
      (await directory.quotaRecipientsOf(userId(users.anna))).includes('dora@a.test'),
  },
  DeleteQuotaRecipient: {
    as: 'system',
    request: async ({ system, users, companyA }) => {
      await system.call('AddQuotaRecipient', {
        sCompanyId: companyA,
        sRecipientId: userId(users.dora),
        ulType: 0x10001,
      });
      return { sCompanyId: companyA, sRecipientId: userId(users.dora), ulType: 0x10001 };
    },
    holds: async (_answer, _values, { directory, users }) =>
      !(await directory.quotaRecipientsOf(userId(users.anna))).includes('dora@a.test'),
  },
} satisfies Checks;
