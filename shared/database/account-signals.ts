import type { Database } from './database.ts';

/** The account that a change concerns: a user (`u12`) or a whole tenant (`t3`). */
export type AccountSignal = `u${number}` | `t${number}`;

/** The listener of a database's account changes, and the signals of its open transactions. */
const announcers = new WeakMap<Database, (signals: readonly AccountSignal[]) => void>();
const waiting = new WeakMap<Database, Set<AccountSignal>>();

/** Calls `tell` after each commit that changed accounts. A process sets this once, where it is composed. */
export function onAccountChanges(db: Database, tell: (signals: readonly AccountSignal[]) => void): void {
  announcers.set(db, tell);
}

/** Signals that a transaction changes an account: after its commit, or at once outside a transaction. */
export function signalAccount(tx: Database, signal: AccountSignal): void {
  const signals = waiting.get(tx);
  if (signals) signals.add(signal);
  else announcers.get(tx)?.([signal]);
}

/** Begins to collect the signals of a transaction; gives the function that sends them after the commit. */
export function collectAccountSignals(db: Database, tx: Database): () => void {
  const signals = new Set<AccountSignal>();
  waiting.set(tx, signals);
  return () => {
    if (signals.size > 0) announcers.get(db)?.([...signals]);
  };
}
