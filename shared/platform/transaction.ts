import { setTimeout as sleep } from 'node:timers/promises';
import { KopanoError } from '../mapi/error.ts';
import type { Database } from './database.ts';

/** Tries after a conflict. */
const ATTEMPTS = 8;

/** How long the outcome of a COMMIT is asked after when the connection broke under it. A mail server waits ten minutes for its answer. */
const DOUBT_MS = 60_000;

/** The server rolled the transaction back and asks for another try. */
const CONFLICTS = new Set(['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD']);

/** Nobody knows whether the transaction was committed. */
const CONNECTION_LOST = new Set(['PROTOCOL_CONNECTION_LOST', 'ECONNRESET', 'EPIPE', 'ER_SERVER_SHUTDOWN']);

/** No connection could be had, so nothing was done. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'ETIMEDOUT',
  'ER_CON_COUNT_ERROR',
  'EHOSTUNREACH',
  'ENOENT',
]);

export interface TransactionOptions {
  /**
   * True where running the work a second time after it was committed changes nothing. After a lost connection it is then run
   * again until its outcome is known: an answer that says "not done" of what was committed would bring it a second time.
   */
  repeatable?: boolean;
}

/**
 * Runs work in one transaction; tries again after a deadlock, with growing random pauses.
 * Throws NETWORK_ERROR when the database cannot be reached, BUSY when conflicts do not end.
 */
export async function inTransaction<T>(
  db: Database,
  work: (tx: Database, attempt: number) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  let inDoubtSince: number | undefined;
  for (let attempt = 1, conflicts = 0; ; attempt++) {
    try {
      return await db.transaction().execute((tx) => work(tx, attempt));
    } catch (error) {
      if (error instanceof KopanoError) throw error;
      const kind = kindOf(error);
      if (kind === 'lost' && options.repeatable) inDoubtSince ??= performance.now();
      const again =
        inDoubtSince !== undefined && (kind === 'lost' || kind === 'not-connected')
          ? performance.now() - inDoubtSince < DOUBT_MS
          : kind === 'conflict' && ++conflicts < ATTEMPTS;
      if (!again) throw asKopanoError(error);
    }
    await sleep(Math.min(2 ** attempt, 500) * (0.5 + Math.random()));
  }
}

/** A database error as one of the family: NETWORK_ERROR when the server is away, BUSY for conflicts, else DATABASE_ERROR. */
export function asKopanoError(error: unknown): KopanoError {
  if (error instanceof KopanoError) return error;
  switch (kindOf(error)) {
    case 'lost':
    case 'not-connected':
      return new KopanoError('NETWORK_ERROR', 'the database is away', { cause: error });
    case 'conflict':
      return new KopanoError('BUSY', 'the database is busy', { cause: error });
    case 'other':
      return new KopanoError('DATABASE_ERROR', 'the database refused a statement', { cause: error });
  }
}

export const isDuplicateKey = (error: unknown): boolean => codeOf(error) === 'ER_DUP_ENTRY';

function kindOf(error: unknown): 'conflict' | 'lost' | 'not-connected' | 'other' {
  const code = codeOf(error);
  if (CONFLICTS.has(code)) return 'conflict';
  if (NOT_CONNECTED.has(code)) return 'not-connected';
  // A rollback on a connection that has broken fails without a code, and hides the error that it was for.
  const broken = code === '' && (error as { fatal?: unknown } | undefined)?.fatal === true;
  return CONNECTION_LOST.has(code) || broken ? 'lost' : 'other';
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code ?? '');
