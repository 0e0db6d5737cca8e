/** Why a mailbox does not take a message, for good. */
export type Refusal = 'unknown-user' | 'store-full';

/** What became of a message for one recipient. Each edge maps it to its own words (LMTP reply, queue failure). */
export type Outcome =
  | { kind: 'stored' }
  | { kind: 'refused'; reason: Refusal }
  /** Nothing was stored; the sender should try again. */
  | { kind: 'later'; reason: string };

export const STORED: Outcome = { kind: 'stored' };

/**
 * Gives the outcome of each address from those of its mailboxes, which are in the order of the addresses: a group is served when one of its
 * members is.
 */
export function byAddress(
  recipients: readonly { mailboxes: readonly unknown[] }[],
  outcomes: readonly Outcome[],
): Outcome[] {
  let next = 0;
  return recipients.map(({ mailboxes }) => {
    const own = outcomes.slice(next, next + mailboxes.length);
    next += mailboxes.length;
    return own.find(({ kind }) => kind === 'stored') ?? own[0] ?? { kind: 'later', reason: 'no outcome' };
  });
}
