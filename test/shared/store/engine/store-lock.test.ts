import { DummyDriver, Kysely, type LogEvent, MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Database, guarded } from '../../../../shared/database/database.ts';
import type { Schema } from '../../../../shared/database/schema.ts';
import { CHANGE } from '../../../../shared/store/engine/changes.ts';
import type { FolderId } from '../../../../shared/store/engine/ids.ts';
import { type StoreLockRow, withLockedRows } from '../../../../shared/store/engine/store-lock.ts';

/** Rows as the lock's statement reads them for these stores. */
const rowOf = (id: number, changeSeq: number, tenant = 1) =>
  ({ id, tenant_id: tenant, change_seq: changeSeq, size: 100 }) as StoreLockRow;

let statements: { sql: string; parameters: readonly unknown[] }[] = [];
let db: Database;

beforeEach(() => {
  statements = [];
  const log = ({ query }: LogEvent) => void statements.push({ sql: query.sql, parameters: query.parameters });
  db = guarded(
    new Kysely<Schema>({
      dialect: {
        createAdapter: () => new MysqlAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (database) => new MysqlIntrospector(database),
        createQueryCompiler: () => new MysqlQueryCompiler(),
      },
      log,
    }),
  );
});

const folder = 7 as FolderId;
const CHANGED = { kind: CHANGE.FOLDER_CHANGED, folder };
const kindsOf = () => statements.map(({ sql }) => /^(\w+)(?: into)? `(\w+)`/.exec(sql)?.slice(1).join(' '));

describe('the lock of a store', () => {
  it('gives change numbers in their order, then appends the changes and counts with one statement each', async () => {
    const numbers = await withLockedRows({ tx: db, now: 5 }, [rowOf(1, 10)], async ([store]) => {
      store?.count({ size: 3, messages: 1 });
      return [store?.append(CHANGED), store?.append(CHANGED), store?.changeSeq, store?.size];
    });
    expect(numbers).toEqual([11, 12, 12, 103]);
    expect(kindsOf()).toEqual(['insert changes', 'update stores']);
    expect(statements[1]?.parameters).toEqual([12, 3, 1, 1, 1]);
  });

  it('writes the counters of several stores with one statement for each tenant', async () => {
    await withLockedRows({ tx: db, now: 5 }, [rowOf(1, 10), rowOf(2, 20), rowOf(3, 30, 2)], async (stores) => {
      for (const store of stores) store.append(CHANGED);
    });
    expect(kindsOf()).toEqual(['insert changes', 'update stores', 'update stores']);
  });

  it('writes nothing at the end where nothing was appended or counted, nor of a store that is removed', async () => {
    await withLockedRows({ tx: db }, [rowOf(1, 10)], async () => undefined);
    expect(statements).toEqual([]);
    await withLockedRows({ tx: db }, [rowOf(1, 10)], async ([store]) => store?.remove());
    expect(statements).toHaveLength(1);
    expect(statements[0]?.sql).toMatch(/^delete from `stores`/);
  });

  it('names the tenant and the store in every statement that it hands out', async () => {
    await withLockedRows({ tx: db, now: 5 }, [rowOf(1, 10, 9)], async ([store]) => {
      if (!store) return;
      const change = store.append(CHANGED);
      for (const rows of [store.folders(change), store.messages(change), store.contents(change)]) {
        const both = /`tenant_id` = \? and `store_id` = \?/;
        expect(rows.delete().compile()).toMatchObject({ sql: expect.stringMatching(both), parameters: [9, 1] });
      }
      expect(store.folders(change).update().set({ name: 'x' }).compile().parameters).toEqual(['x', 9, 1]);
    });
  });

  it('refuses a write that names a change of another store or of an earlier transaction', async () => {
    await withLockedRows({ tx: db, now: 5 }, [rowOf(1, 10), rowOf(2, 20)], async ([first, second]) => {
      const change = second?.append(CHANGED);
      if (change === undefined) throw new Error('no change');
      expect(() => first?.folders(change)).toThrow('none that this transaction appends to store 1');
      expect(() => second?.folders(change)).not.toThrow();
    });
  });

  it('refuses changes where it was taken without a time', async () => {
    const append = withLockedRows({ tx: db }, [rowOf(1, 10)], async ([store]) => store?.append(CHANGED));
    await expect(append).rejects.toThrow('a change has no time');
  });
});
