import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';

// Flags, account and start-up of the private MariaDB and the private MySQL.

/** How programs reach a database server. */
export interface DatabaseServer {
  host: string;
  port: number;
  user: string;
  password: string;
}

/** Flags of every private server: loopback interface only, with the isolation level, SQL mode and character set that the programs expect. */
export const SERVER_FLAGS: readonly string[] = [
  '--bind-address=127.0.0.1',
  '--skip-name-resolve',
  '--transaction-isolation=READ-COMMITTED',
  '--sql-mode=STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY',
  '--character-set-server=utf8mb4',
  '--collation-server=utf8mb4_bin',
  '--max-allowed-packet=256M',
  '--max-connections=500',
  '--innodb-buffer-pool-size=512M',
  '--performance-schema=OFF',
  '--skip-log-bin',
];

/** For tests: commits may be lost with the machine. */
export const NOT_DURABLE_FLAGS: readonly string[] = ['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0'];

export const serverAt = (port: number, password: string): DatabaseServer => ({
  host: '127.0.0.1',
  port,
  user: 'kopano',
  password,
});

/** Statements that a server runs at each start: the database and its one account. */
export const initStatements = (password: string): string =>
  [
    'CREATE DATABASE IF NOT EXISTS `kopano` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;',
    `CREATE USER IF NOT EXISTS 'kopano'@'%' IDENTIFIED BY '${password}';`,
    `ALTER USER 'kopano'@'%' IDENTIFIED BY '${password}';`,
    "GRANT ALL ON *.* TO 'kopano'@'%';",
  ].join('\n');

const WAIT_MS = 100;
const MAX_TRIES = 600;

/**
 * Waits until a server answers a query, up to a minute. Throws with the end of its error log when it does not, or when `ended` says that its
 * process has ended.
 */
export async function waitForServer(server: DatabaseServer, errorLog: string, ended: () => boolean): Promise<void> {
  let last: unknown;
  for (let tries = 0; tries < MAX_TRIES && !ended(); tries++) {
    try {
      const connection = await createConnection({ ...server });
      await connection.query('SELECT 1');
      await connection.end();
      return;
    } catch (error) {
      last = error;
      await sleep(WAIT_MS);
    }
  }
  const tail = readFileSync(errorLog, 'utf8').split('\n').slice(-15).join('\n');
  throw new Error(`The database server does not answer (${last}). The end of ${errorLog}:\n${tail}`);
}
