import type { MysqlPool, MysqlPoolConnection, MysqlQueryResult } from 'kysely';
import { PamojaError } from '../mapi/error.ts';
import { limited } from './query-timeout.ts';

/** How long a new connection may take to answer what its session settings are. */
const CHECK_MS = 10_000;

/** MariaDB 10.11 and MySQL 8 have different names for the isolation level. */
const SETTINGS =
  "SHOW SESSION VARIABLES WHERE `Variable_name` IN ('sql_mode', 'tx_isolation', 'transaction_isolation')";

/** Errors of a server that is no writer any more (after a failover). It still answers, so nothing else would close the connection. */
const NO_WRITER = new Set(['ER_OPTION_PREVENTS_STATEMENT', 'ER_READ_ONLY_MODE', 'ER_INNODB_READ_ONLY']);

export const isNoWriter = (error: unknown): boolean =>
  NO_WRITER.has(String((error as { code?: unknown } | undefined)?.code ?? ''));

/**
 * A pool whose connections have the session settings that the store needs. A new connection is checked once and refused if its settings lose
 * data: without strict mode a server silently cuts values that are too long. A connection whose server refuses writes is closed.
 */
export function checkedPool(pool: MysqlPool): MysqlPool {
  const checked = new WeakSet<MysqlPoolConnection>();
  return {
    end: (done) => pool.end(done),
    getConnection(done) {
      pool.getConnection((error, connection) => {
        if (error || checked.has(connection)) return done(error, connection && guarded(connection));
        limited(connection, CHECK_MS).query(SETTINGS, [], (failed, rows) => {
          const wrong = failed ?? wrongSettings(rows);
          if (!wrong) checked.add(connection);
          else connection.destroy();
          done(wrong, wrong ? connection : guarded(connection));
        });
      });
    },
  };
}

/** Says what is wrong with a session's settings; undefined when they are right. */
function wrongSettings(rows: MysqlQueryResult): PamojaError | undefined {
  const settings = new Map(
    (rows as unknown as { Variable_name: string; Value: string }[]).map((row) => [row.Variable_name, row.Value]),
  );
  const modes = (settings.get('sql_mode') ?? '').split(',');
  if (!modes.includes('STRICT_TRANS_TABLES') && !modes.includes('STRICT_ALL_TABLES'))
    return new PamojaError(
      'DATABASE_ERROR',
      `the database runs without strict mode (sql_mode is '${modes.join(',')}'): it would cut what is too long; set STRICT_TRANS_TABLES`,
    );
  const isolation = settings.get('transaction_isolation') ?? settings.get('tx_isolation');
  if (isolation !== 'READ-COMMITTED')
    return new PamojaError(
      'DATABASE_ERROR',
      `the database runs transactions at ${isolation}; set transaction_isolation to READ-COMMITTED`,
    );
  return undefined;
}

/** Wraps a connection so that it is closed instead of released after its server has refused a write. */
function guarded(connection: MysqlPoolConnection): MysqlPoolConnection {
  let refused = false;
  return {
    config: connection.config,
    threadId: connection.threadId,
    connect: (done) => connection.connect(done),
    destroy: () => connection.destroy(),
    release() {
      if (refused) connection.destroy();
      else connection.release();
    },
    query(sql, parameters, done) {
      if (!done) return connection.query(sql, parameters);
      return connection.query(sql, parameters, (error, result) => {
        if (isNoWriter(error)) refused = true;
        done(error, result);
      });
    },
  };
}
