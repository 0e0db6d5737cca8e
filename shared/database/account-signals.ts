import type { Database } from './database.ts';

/** Which account a change has touched: a user (`u12`) or a whole tenant (`t3`). */
export type AccountSignal = `u${number}` | `t${number}`;

/** Who is told of a database's changes, and what its open transactions have to tell. */
const announcers = new WeakMap<Database, (signals: readonly AccountSignal[]) => void>();
const waiting = new WeakMap<Database, Set<AccountSignal>>();

/** Has `tell` called after each commit that touched accounts. Whoever puts a process together says this once. */
export function onAccountChanges(db: Database, tell: (signals: readonly AccountSignal[]) => void): void {
  announcers.set(db, tell);
}

/** Says that what is being written touches an account; told after the commit, at once where there is no transaction. */
export function signalAccount(tx: Database, signal: AccountSignal): void {
  const signals = waiting.get(tx);
  if (signals) signals.add(signal);
  else announcers.get(tx)?.([signal]);
}

/** Begins to gather what a transaction touches; gives what tells it after the commit. */
export function collectAccountSignals(db: Database, tx: Database): () => void {
  const signals = new Set<AccountSignal>();
  waiting.set(tx, signals);
  return () => {
    if (signals.size > 0) announcers.get(db)?.([...signals]);
  };
}
