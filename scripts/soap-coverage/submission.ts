import type { Checks } from './check.ts';

/** The outgoing queue. */
export const submissionChecks = {
  submitMessage: {
    request: async ({ mailbox }) => ({ sEntryId: await mailbox.outgoing() }),
    holds: async (_answer, _values, { mailbox }) => (await mailbox.queueLength()) > 0,
  },
  finishedMessage: {
    request: async ({ mailbox }) => ({ sEntryId: await mailbox.submitted() }),
    holds: ({ result }) => result === 0,
  },
  abortSubmit: {
    request: async ({ mailbox }) => ({ sEntryId: await mailbox.submitted() }),
    holds: ({ result }) => result === 0,
  },
} satisfies Checks;
