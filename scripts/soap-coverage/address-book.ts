import { PR } from '../../shared/mapi/property-tags.ts';
import { type Checks, IN_ADDRESS_BOOK } from './check.ts';
import { userId } from './directory.ts';
import { property } from './values.ts';

/** The address book. */
export const addressBookChecks = {
  readABProps: {
    request: ({ users }) => ({ sEntryId: userId(users.anna) }),
    holds: ({ aPropVal }) => (aPropVal ?? []).some(({ value }) => value === 'anna@a.test'),
    open: IN_ADDRESS_BOOK,
  },
  abResolveNames: {
    request: () => ({
      lpaPropTag: [PR.ENTRYID, PR.SMTP_ADDRESS],
      lpsRowSet: [[property(PR.DISPLAY_NAME, 'anna')]],
      lpaFlags: [0],
    }),
    holds: async ({ aFlags }, values, { boss }) =>
      aFlags?.[0] === 2 && (await boss.call('abResolveNames', values)).aFlags?.[0] === 0,
    open: IN_ADDRESS_BOOK,
    public: 'a name that is not visible to the caller stays unresolved',
  },
  syncUsers: {
    as: 'system',
    request: ({ companyA }) => ({ sCompanyId: companyA }),
    holds: ({ result }) => result === 0,
  },
} satisfies Checks;
