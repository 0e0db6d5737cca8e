import { setTimeout as sleep } from 'node:timers/promises';
import { KopanoError } from '../mapi/error.ts';
import type { Database } from './database.ts';

const ATTEMPTS = 8;

/** The server rolled the transaction back and asks for another try. */
const CONFLICTS = new Set(['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD']);

/** Nobody knows whether the transaction was committed. */
const CONNECTION_LOST = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'EPIPE',
  'ER_SERVER_SHUTDOWN',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
]);

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
  /** True where running the work a second time after it was committed changes nothing: a lost connection is then tried again. */
  repeatable?: boolean;
}

/**
 * Runs work in one transaction; tries again after a deadlock, with growing random pauses.
 * Throws NETWORK_ERROR when the database cannot be reached (with `repeatable`: after it stayed away for some seconds).
 */
export async function inTransaction<T>(
  db: Database,
  work: (tx: Database, attempt: number) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute((tx) => work(tx, attempt));
    } catch (error) {
      if (error instanceof KopanoError) throw error;
      const code = codeOf(error);
      const again = CONFLICTS.has(code) || (options.repeatable === true && CONNECTION_LOST.has(code));
      if (!again || attempt >= ATTEMPTS) throw asKopanoError(error);
    }
    await sleep(2 ** attempt * (0.5 + Math.random()));
  }
}

/** A database error as one of the family: NETWORK_ERROR when the server is away, BUSY for conflicts, else DATABASE_ERROR. */
export function asKopanoError(error: unknown): KopanoError {
  if (error instanceof KopanoError) return error;
  const code = codeOf(error);
  if (CONNECTION_LOST.has(code) || NOT_CONNECTED.has(code))
    return new KopanoError('NETWORK_ERROR', 'the database is away', { cause: error });
  if (CONFLICTS.has(code)) return new KopanoError('BUSY', 'the database is busy', { cause: error });
  return new KopanoError('DATABASE_ERROR', 'the database refused a statement', { cause: error });
}

export const isDuplicateKey = (error: unknown): boolean => codeOf(error) === 'ER_DUP_ENTRY';

const codeOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code ?? '');
