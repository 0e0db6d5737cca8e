import { setTimeout as sleep } from 'node:timers/promises';
import { CompiledQuery, sql } from 'kysely';
import { PamojaError } from '../mapi/error.ts';
import { collectAccountSignals } from './account-signals.ts';
import { isNoWriter } from './checked-pool.ts';
import { type Database, guarded, unguarded } from './database.ts';

/** Tries after a conflict. */
const ATTEMPTS = 8;

/** How long a transaction is repeated when its connection broke during the COMMIT. A mail server waits ten minutes for its reply. */
const DOUBT_MS = 60_000;

/** The server rolled the transaction back and asks for another try. */
const CONFLICTS = new Set(['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD']);

/** Errors after which it is unknown whether the transaction was committed. */
const CONNECTION_LOST = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'EPIPE',
  'ER_SERVER_SHUTDOWN',
  'ER_NORMAL_SHUTDOWN',
  'ER_NEW_ABORTING_CONNECTION',
  'ER_CLIENT_INTERACTION_TIMEOUT',
]);

/** Errors of a connection that was never made: nothing was done. */
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
   * True when running the work again after its commit changes nothing. After a lost connection it is then run again until its outcome is
   * known: a client that is told "not done" after a commit would send its message a second time.
   */
  repeatable?: boolean;
}

/**
 * Runs work in one transaction; tries again after a deadlock, and on a server that takes no writes, with growing random pauses.
 * Throws NETWORK_ERROR when the database cannot be reached, BUSY when conflicts do not end.
 */
export function inTransaction<T>(
  db: Database,
  work: (tx: Database, attempt: number) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return repeated(async (attempt) => {
    let tellAccounts: () => void = () => {};
    const result = await unguarded(db)
      .transaction()
      .execute((unguardedTx) => {
        const tx = guarded(unguardedTx);
        tellAccounts = collectAccountSignals(db, tx);
        return work(tx, attempt);
      });
    tellAccounts();
    return result;
  }, options);
}

async function repeated<T>(once: (attempt: number) => Promise<T>, options: TransactionOptions): Promise<T> {
  let inDoubtSince: number | undefined;
  for (let attempt = 1, conflicts = 0; ; attempt++) {
    try {
      return await once(attempt);
    } catch (error) {
      if (error instanceof PamojaError) throw error;
      const kind = kindOf(error);
      if ((kind === 'lost' || kind === 'no-writer') && options.repeatable) inDoubtSince ??= performance.now();
      const again =
        inDoubtSince !== undefined && kind !== 'conflict' && kind !== 'other'
          ? performance.now() - inDoubtSince < DOUBT_MS
          : // A server that refused a write has committed nothing.
            (kind === 'conflict' || kind === 'no-writer') && ++conflicts < ATTEMPTS;
      if (!again) throw asPamojaError(error);
    }
    await sleep(Math.min(2 ** attempt, 500) * (0.5 + Math.random()));
  }
}

/** Runs work on one connection, without a transaction: for what belongs to a connection, such as a named lock. */
export const onConnection = <T>(db: Database, work: (connection: Database) => Promise<T>): Promise<T> =>
  unguarded(db)
    .connection()
    .execute((connection) => work(guarded(connection)));

/** A statement whose result is not used. */
export interface Write {
  compile(): CompiledQuery;
  execute(): Promise<unknown>;
}

/** Executes a statement, at once or with the COMMIT. */
export type Writer = (statement: Write) => Promise<void>;

/** Executes each statement at once. */
export const writeNow: Writer = async (statement) => {
  await statement.execute();
};

/** Statements that give rows of these types. */
type Reads<Rows extends readonly unknown[]> = { [I in keyof Rows]: { compile(): CompiledQuery<Rows[I]> } };

/** Reads the rows of statements, which are executed one after another. */
export type Reader = <Rows extends readonly unknown[]>(
  ...statements: Reads<Rows>
) => Promise<{ [I in keyof Rows]: Rows[I][] }>;

/** A reader within a transaction that has begun. */
export const readNow =
  (tx: Database): Reader =>
  async <Rows extends readonly unknown[]>(...statements: Reads<Rows>) => {
    const results: unknown[][] = [];
    for (const statement of statements) results.push((await tx.executeQuery(statement.compile())).rows);
    return results as { [I in keyof Rows]: Rows[I][] };
  };

/**
 * Reads the rows of several statements in one round trip, which costs more than a statement. They are no transaction: each sees what is
 * committed when it is executed.
 */
export async function readBatch<Rows extends readonly unknown[]>(
  db: Database,
  ...statements: Reads<Rows>
): Promise<{ [I in keyof Rows]: Rows[I][] }> {
  const compiled = statements.map((statement) => statement.compile());
  const { rows } = await db.executeQuery(
    CompiledQuery.raw(
      compiled.map((statement) => statement.sql).join(';\n'),
      compiled.flatMap((statement) => [...statement.parameters]),
    ),
  );
  // The driver gives rows for one statement, and a list of rows for each of several.
  return (compiled.length === 1 ? [rows] : rows) as { [I in keyof Rows]: Rows[I][] };
}

/** A transaction that batches its statements into as few round trips as possible. */
export interface BatchedTransaction {
  tx: Database;
  /** The first read is sent together with START TRANSACTION, so it begins with the lock. `tx` must not be used before it. */
  read: Reader;
  /** Collects a statement, which is sent with the COMMIT. */
  write: Writer;
}

/**
 * Runs work as {@link inTransaction} does, with fewer round trips: the first read is sent together with START TRANSACTION, and the writes
 * together with COMMIT. The server stops at the first statement that fails, before the COMMIT.
 */
export function inBatchedTransaction<T>(
  db: Database,
  work: (transaction: BatchedTransaction, attempt: number) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return repeated(
    (attempt) =>
      onConnection(db, async (tx) => {
        let writes: CompiledQuery[] = [];
        let bytes = 0;
        let begun = false;
        const send = async (...last: string[]): Promise<void> => {
          const text = [...writes.map((statement) => statement.sql), ...last].join(';\n');
          const parameters = writes.flatMap((statement) => [...statement.parameters]);
          writes = [];
          bytes = 0;
          await tx.executeQuery(CompiledQuery.raw(text, parameters));
        };
        const read: Reader = async <Rows extends readonly unknown[]>(...statements: Reads<Rows>) => {
          if (begun) return readNow(tx)<Rows>(...statements);
          begun = true;
          const compiled = statements.map((statement) => statement.compile());
          const text = ['START TRANSACTION', ...compiled.map((statement) => statement.sql)].join(';\n');
          const parameters = compiled.flatMap((statement) => [...statement.parameters]);
          // START TRANSACTION has a result too, the first one.
          const { rows } = await tx.executeQuery(CompiledQuery.raw(text, parameters));
          return rows.slice(1) as { [I in keyof Rows]: Rows[I][] };
        };
        const write: Writer = async (statement) => {
          const compiled = statement.compile();
          const size = sizeOf(compiled);
          // max_allowed_packet limits what is sent at once.
          if (writes.length > 0 && bytes + size > MESSAGE_BYTES) await send();
          writes.push(compiled);
          bytes += size;
        };
        try {
          const result = await work({ tx, read, write }, attempt);
          await send('COMMIT');
          return result;
        } catch (error) {
          // On a broken connection the rollback fails too: the server has rolled back by itself, and the first error says why.
          await sql`ROLLBACK`.execute(tx).catch(() => Promise.reject(error));
          throw error;
        }
      }),
    options,
  );
}

/** Bytes of statements that are sent together, far below max_allowed_packet; binary values take twice that on the wire. */
const MESSAGE_BYTES = 4 * 1024 * 1024;

const sizeOf = ({ sql: text, parameters }: CompiledQuery): number =>
  parameters.reduce<number>(
    (sum, value) => sum + (Buffer.isBuffer(value) || typeof value === 'string' ? value.length : 8),
    text.length,
  );

/** A database error as one of the family: NETWORK_ERROR when the server is unreachable, BUSY for conflicts, else DATABASE_ERROR. */
export function asPamojaError(error: unknown): PamojaError {
  if (error instanceof PamojaError) return error;
  switch (kindOf(error)) {
    case 'lost':
    case 'not-connected':
    case 'no-writer':
      return new PamojaError('NETWORK_ERROR', 'the database is unreachable', { cause: error });
    case 'conflict':
      return new PamojaError('BUSY', 'the database is busy', { cause: error });
    case 'other':
      return new PamojaError('DATABASE_ERROR', 'the database refused a statement', { cause: error });
  }
}

export const isDuplicateKey = (error: unknown): boolean => codeOf(error) === 'ER_DUP_ENTRY';

function kindOf(error: unknown): 'conflict' | 'lost' | 'not-connected' | 'no-writer' | 'other' {
  if (isNoWriter(error)) return 'no-writer';
  const code = codeOf(error);
  if (CONFLICTS.has(code)) return 'conflict';
  if (NOT_CONNECTED.has(code)) return 'not-connected';
  // A rollback on a broken connection fails without a code and hides the first error.
  const broken = code === '' && (error as { fatal?: unknown } | undefined)?.fatal === true;
  return CONNECTION_LOST.has(code) || broken ? 'lost' : 'other';
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code ?? '');
