import type { MysqlPool, MysqlPoolConnection } from 'kysely';

/**
 * A pool with a query time-out: a query without an answer fails as if its connection had been lost, and the connection is closed. A server that
 * disappears without closing its connections (a failover, a partition) would otherwise block its callers until TCP gives up.
 */
export function withQueryTimeout(pool: MysqlPool, limitMs: number): MysqlPool {
  return {
    end: (done) => pool.end(done),
    getConnection(done) {
      pool.getConnection((error, connection) => done(error, connection && limited(connection, limitMs)));
    },
  };
}

/** One connection with a query time-out. */
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
      // Rows that are read as a stream have no time-out here: their reader decides how long to wait.
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
