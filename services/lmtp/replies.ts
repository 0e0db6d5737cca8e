import type { Outcome } from '../../shared/delivery/outcome.ts';

/** Maps a recipient's outcome to its LMTP reply (codes of RFC 3463). */
export function replyFor(outcome: Outcome, address: string): string {
  switch (outcome.kind) {
    case 'stored':
      return `250 2.1.5 <${address}> delivered`;
    case 'refused':
      return outcome.reason === 'store-full' ? storeFull(address) : unknownUser(address);
    case 'later':
      return `451 4.3.0 <${address}> ${outcome.reason}; try again later`;
  }
}

export const unknownUser = (address: string): string => `550 5.1.1 <${address}> no such user here`;
export const storeFull = (address: string): string => `552 5.2.2 <${address}> the mailbox is full`;
