import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inBatchedTransaction } from '../../shared/database/transaction.ts';
import { openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const insert = (address: string) => store.db.insertInto('listeners').values({ address, expires_at: 1 });
const addresses = async () =>
  (await store.db.selectFrom('listeners').select('address').orderBy('address').execute()).map(({ address }) => address);

describe('a transaction whose writes go out with its COMMIT', () => {
  it('reads with its beginning, and has written all when it resolves', async () => {
    const read = await inBatchedTransaction(store.db, async ({ read, write, tx }) => {
      const first = await read(tx.selectNoFrom(sql<number>`7`.as('n')));
      await write(insert('a:1'));
      await write(insert('b:1'));
      // Nothing has gone out yet.
      expect(await tx.selectFrom('listeners').selectAll().execute()).toEqual([]);
      return first;
    });
    expect(read).toEqual([[{ n: 7 }]]);
    expect(await addresses()).toEqual(['a:1', 'b:1']);
  });

  it('sends statements that exceed one packet in several, and all or none of them take effect', async () => {
    const value = Buffer.alloc(1_500_000, 'x');
    const note = (folder: number) =>
      store.db
        .insertInto('annotations')
        .values({ tenant_id: 1, store_id: 1, folder_id: folder, user_id: 1, name: '/private/x', value });
    const count = async () => (await store.db.selectFrom('annotations').select('folder_id').execute()).length;
    await expect(
      inBatchedTransaction(store.db, async ({ read, write, tx }) => {
        await read(tx.selectFrom('listeners').selectAll());
        for (const folder of [...Array(11).keys(), 0]) await write(note(folder));
      }),
    ).rejects.toMatchObject({ code: 'DATABASE_ERROR' });
    expect(await count()).toBe(0);
    await inBatchedTransaction(store.db, async ({ read, write, tx }) => {
      await read(tx.selectFrom('listeners').selectAll());
      for (const folder of Array(12).keys()) await write(note(folder));
    });
    expect(await count()).toBe(12);
  });

  it('leaves nothing behind where one of them fails, whichever that is, and the connection goes on', async () => {
    for (const [before, after] of [
      ['c:1', 'd:1'],
      ['e:1', 'f:1'],
    ] as const)
      await expect(
        inBatchedTransaction(store.db, async ({ read, write, tx }) => {
          await read(tx.selectFrom('listeners').selectAll());
          await write(insert(before));
          await write(insert('a:1'));
          await write(insert(after));
        }),
      ).rejects.toMatchObject({ code: 'DATABASE_ERROR' });
    await expect(
      inBatchedTransaction(store.db, async ({ write }) => {
        await write(insert('g:1'));
        throw new Error('no');
      }),
    ).rejects.toThrow();
    expect(await addresses()).toEqual(['a:1', 'b:1']);
    const seen = await Promise.all(
      Array.from({ length: 8 }, () =>
        sql<{
          n: number;
        }>`SELECT COUNT(*) AS n FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = CONNECTION_ID()`.execute(
          store.db,
        ),
      ),
    );
    expect(seen.map(({ rows }) => rows[0]?.n)).toEqual(Array(8).fill(0));
  });
});
