/** What became of a message for one recipient. Each edge maps it to its own words (LMTP reply, queue failure). */
export type Outcome =
  | { kind: 'stored' }
  | { kind: 'refused'; reason: 'unknown-user' | 'store-full' }
  /** Nothing was kept; the sender should try again. */
  | { kind: 'later'; reason: string };

export const STORED: Outcome = { kind: 'stored' };
