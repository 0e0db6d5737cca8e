import type { MysqlPool, MysqlPoolConnection } from 'kysely';

/**
 * A pool whose queries end: one that has no answer in time fails as if its connection had been lost, which is then given up. A server
 * that goes away without a word (a failover, a partition) would keep whoever waits for it for as long as TCP hopes.
 */
export function withQueryTimeout(pool: MysqlPool, limitMs: number): MysqlPool {
  return {
    end: (done) => pool.end(done),
    getConnection(done) {
      pool.getConnection((error, connection) => done(error, connection && limited(connection, limitMs)));
    },
  };
}

/** One connection whose queries end. */
export function limited(connection: MysqlPoolConnection, limitMs: number): MysqlPoolConnection {
  let givenUp = false;
  return {
    config: connection.config,
    threadId: connection.threadId,
    connect: (done) => connection.connect(done),
    destroy: () => connection.destroy(),
    release() {
      if (!givenUp) connection.release();
    },
    query(sql, parameters, done) {
      // Rows that are read as a stream are their reader's to wait for.
      if (!done) return connection.query(sql, parameters);
      let waiting = true;
      const settle: typeof done = (error, result) => {
        if (!waiting) return;
        waiting = false;
        clearTimeout(timer);
        done(error, result);
      };
      const timer = setTimeout(() => {
        givenUp = true;
        connection.destroy();
        settle(Object.assign(new Error('the database does not answer'), { code: 'PROTOCOL_CONNECTION_LOST' }), []);
      }, limitMs);
      return connection.query(sql, parameters, settle);
    },
  };
}
