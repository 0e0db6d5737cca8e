import type { MysqlPool, MysqlPoolConnection, MysqlQueryResult } from 'kysely';
import { describe, expect, it } from 'vitest';
import { withQueryTimeout } from '../../../shared/database/query-timeout.ts';

const NEVER = 'SELECT nothing ever';

/** A pool of one connection that does not answer one of its statements. */
function poolThat(events: string[]): MysqlPool {
  const connection = {
    config: {},
    threadId: 1,
    destroy: () => events.push('destroyed'),
    release: () => events.push('released'),
    query(sql: string, _: unknown, done: (error: unknown, result: MysqlQueryResult) => void) {
      if (sql !== NEVER) setImmediate(() => done(undefined, [{ sql }]));
    },
  } as unknown as MysqlPoolConnection;
  return { getConnection: (done) => done(undefined, connection), end: (done) => done(undefined) };
}

const connect = (pool: MysqlPool) =>
  new Promise<MysqlPoolConnection>((resolve) => pool.getConnection((_, connection) => resolve(connection)));
const query = (connection: MysqlPoolConnection, sql: string) =>
  new Promise<MysqlQueryResult>((resolve, reject) => {
    connection.query(sql, [], (error, result) => (error ? reject(error) : resolve(result)));
  });

describe('a database that does not answer', () => {
  it('costs the statement and its connection, and no more than the time that it has', async () => {
    const events: string[] = [];
    const connection = await connect(withQueryTimeout(poolThat(events), 20));
    expect(await query(connection, 'SELECT 1')).toEqual([{ sql: 'SELECT 1' }]);
    await expect(query(connection, NEVER)).rejects.toMatchObject({ code: 'PROTOCOL_CONNECTION_LOST' });
    connection.release();
    expect(events).toEqual(['destroyed']);
  });

  it('one that answers gets its connection back', async () => {
    const events: string[] = [];
    const connection = await connect(withQueryTimeout(poolThat(events), 20));
    await query(connection, 'SELECT 1');
    connection.release();
    expect(events).toEqual(['released']);
  });
});
