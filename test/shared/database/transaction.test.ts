import { describe, expect, it } from 'vitest';
import type { Database } from '../../../shared/database/database.ts';
import { inTransaction } from '../../../shared/database/transaction.ts';

/** A database whose transactions end as given: with a value, or an error at COMMIT. */
function scripted(...ends: (Error | undefined)[]): { db: Database; runs: () => number } {
  let runs = 0;
  const db = {
    transaction: () => ({
      async execute<T>(work: (tx: Database) => Promise<T>): Promise<T> {
        const end = ends[Math.min(runs++, ends.length - 1)];
        const result = await work(db);
        if (end) throw end;
        return result;
      },
    }),
  } as unknown as Database;
  return { db, runs: () => runs };
}

const error = (code: string) => Object.assign(new Error(code), { code });
const broken = Object.assign(new Error("Can't add new command when connection is in closed state"), { fatal: true });

describe('a transaction', () => {
  it('is tried again after a deadlock', async () => {
    const { db, runs } = scripted(error('ER_LOCK_DEADLOCK'), error('ER_LOCK_WAIT_TIMEOUT'), undefined);
    expect(await inTransaction(db, async (_, attempt) => attempt)).toBe(3);
    expect(runs()).toBe(3);
  });

  it('whose commit is in doubt is run again until its outcome is known, through refused connections, if it may be', async () => {
    const ends = [
      broken,
      error('ECONNREFUSED'),
      error('ECONNREFUSED'),
      error('PROTOCOL_CONNECTION_LOST'),
      error('ECONNREFUSED'),
      undefined,
    ];
    const repeatable = scripted(...ends);
    expect(await inTransaction(repeatable.db, async (_, attempt) => attempt, { repeatable: true })).toBe(6);
    const once = scripted(...ends);
    await expect(inTransaction(once.db, async () => {})).rejects.toMatchObject({ code: 'NETWORK_ERROR' });
    expect(once.runs()).toBe(1);
  });

  it('that met a writer that was demoted is tried again on another connection, whether it may be repeated or not', async () => {
    const refused = error('ER_OPTION_PREVENTS_STATEMENT');
    const { db, runs } = scripted(refused, refused, undefined);
    expect(await inTransaction(db, async (_, attempt) => attempt)).toBe(3);
    expect(runs()).toBe(3);
    const never = scripted(refused);
    await expect(inTransaction(never.db, async () => {})).rejects.toMatchObject({ code: 'NETWORK_ERROR' });
    const longer = scripted(...Array(9).fill(refused), error('ECONNREFUSED'), undefined);
    expect(await inTransaction(longer.db, async (_, attempt) => attempt, { repeatable: true })).toBe(11);
  });

  it('that found no database at all is not tried again: nothing was done', async () => {
    const { db, runs } = scripted(error('ECONNREFUSED'));
    await expect(inTransaction(db, async () => {}, { repeatable: true })).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
    });
    expect(runs()).toBe(1);
  });

  it('with conflicts that do not end is BUSY, and another error is not tried again', async () => {
    const busy = scripted(error('ER_LOCK_DEADLOCK'));
    await expect(inTransaction(busy.db, async () => {})).rejects.toMatchObject({ code: 'BUSY' });
    const wrong = scripted(error('ER_NO_SUCH_TABLE'));
    await expect(inTransaction(wrong.db, async () => {})).rejects.toMatchObject({ code: 'DATABASE_ERROR' });
    expect(wrong.runs()).toBe(1);
  });
});
