import type { MysqlPool, MysqlPoolConnection, MysqlQueryResult } from 'kysely';
import { describe, expect, it } from 'vitest';
import { checkedPool } from '../../../shared/database/checked-pool.ts';

const STRICT = [
  { Variable_name: 'sql_mode', Value: 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION' },
  { Variable_name: 'transaction_isolation', Value: 'READ-COMMITTED' },
];

/** A pool of one connection with the given session settings, which refuses writes. */
function poolWith(settings: { Variable_name: string; Value: string }[], events: string[]): MysqlPool {
  const connection = {
    config: {},
    threadId: 1,
    destroy: () => events.push('destroyed'),
    release: () => events.push('released'),
    query(sql: string, _: unknown, done: (error: unknown, result: MysqlQueryResult) => void) {
      if (sql.startsWith('SHOW')) events.push('asked');
      const error = sql.startsWith('UPDATE')
        ? Object.assign(new Error('read-only'), { code: 'ER_OPTION_PREVENTS_STATEMENT' })
        : undefined;
      done(error, settings as unknown as MysqlQueryResult);
    },
  } as unknown as MysqlPoolConnection;
  return { getConnection: (done) => done(undefined, connection), end: (done) => done(undefined) };
}

const connect = (pool: MysqlPool) =>
  new Promise<MysqlPoolConnection>((resolve, reject) =>
    pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection))),
  );
const query = (connection: MysqlPoolConnection, sql: string) =>
  new Promise((resolve) => connection.query(sql, [], resolve));

describe('a connection to the database', () => {
  it('is asked once how its session is set, and then used again and again', async () => {
    const events: string[] = [];
    const pool = checkedPool(poolWith(STRICT, events));
    for (let i = 0; i < 3; i++) (await connect(pool)).release();
    expect(events).toEqual(['asked', 'released', 'released', 'released']);
  });

  it.each([
    ['without strict mode', [{ Variable_name: 'sql_mode', Value: '' }, STRICT[1]], /strict mode/],
    [
      'at another isolation level',
      [STRICT[0], { Variable_name: 'tx_isolation', Value: 'REPEATABLE-READ' }],
      /READ-COMM/,
    ],
  ] as [string, typeof STRICT, RegExp][])('%s is refused and closed', async (_, settings, message) => {
    const events: string[] = [];
    await expect(connect(checkedPool(poolWith(settings, events)))).rejects.toThrow(message);
    expect(events).toEqual(['asked', 'destroyed']);
  });

  it('whose server no longer takes writes is closed instead of used again', async () => {
    const events: string[] = [];
    const connection = await connect(checkedPool(poolWith(STRICT, events)));
    await query(connection, 'UPDATE something');
    connection.release();
    expect(events).toEqual(['asked', 'destroyed']);
  });
});
