import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { freePort } from './ports.ts';

export interface MySql {
  host: string;
  port: number;
  user: string;
  password: string;
  stop(): Promise<void>;
}

/**
 * Starts a private MySQL from a folder into which Debian's packages of it were unpacked, with its own loader and libraries: the machine's
 * own may be older. For tests: it may lose everything with its machine.
 */
export async function startMySql(root: string, directory: string): Promise<MySql> {
  const data = path.join(directory, 'data');
  mkdirSync(data, { recursive: true, mode: 0o755 });
  const nobody =
    process.getuid?.() === 0 ? Number(spawnSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).stdout) : undefined;
  if (nobody !== undefined) for (const owned of [directory, data]) chownSync(owned, nobody, nobody);
  const libraries = path.join(root, 'usr/lib/x86_64-linux-gnu');
  const program = [
    '--library-path',
    `${libraries}:${path.join(libraries, 'mysql/private')}`,
    path.join(root, 'usr/sbin/mysqld'),
    '--no-defaults',
    `--datadir=${data}`,
    `--lc-messages-dir=${path.join(root, 'usr/share/mysql')}`,
    `--character-sets-dir=${path.join(root, 'usr/share/mysql/charsets')}`,
    ...(nobody === undefined ? [] : ['--user=nobody']),
  ];
  const loader = path.join(root, 'usr/lib64/ld-linux-x86-64.so.2');
  const made = spawnSync(loader, [...program, '--initialize-insecure'], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`mysqld --initialize-insecure failed: ${made.stderr || made.error?.message}`);
  const port = await freePort();
  const password = randomBytes(18).toString('base64url');
  const initFile = path.join(directory, 'init.sql');
  writeFileSync(
    initFile,
    [
      'CREATE DATABASE IF NOT EXISTS `kopano` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;',
      `CREATE USER 'kopano'@'%' IDENTIFIED BY '${password}';`,
      "GRANT ALL ON *.* TO 'kopano'@'%';",
    ].join('\n'),
  );
  const errorLog = path.join(directory, 'mysql.log');
  const output = openSync(errorLog, 'a');
  const child = spawn(
    loader,
    [
      ...program,
      `--port=${port}`,
      `--socket=${path.join(directory, 's')}`,
      `--pid-file=${path.join(directory, 'pid')}`,
      `--init-file=${initFile}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      '--mysqlx=OFF',
      '--secure-file-priv=NULL',
      '--transaction-isolation=READ-COMMITTED',
      '--sql-mode=STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY',
      '--character-set-server=utf8mb4',
      '--collation-server=utf8mb4_bin',
      '--max-allowed-packet=256M',
      '--max-connections=500',
      '--innodb-buffer-pool-size=512M',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-doublewrite=OFF',
      '--skip-log-bin',
      '--performance-schema=OFF',
    ],
    { stdio: ['ignore', output, output] },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  };
  const server = { host: '127.0.0.1', port, user: 'kopano', password };
  for (let i = 0; i < 300 && child.exitCode === null; i++) {
    const up = await createConnection(server).then(
      (connection) => connection.end().then(() => true),
      () => false,
    );
    if (up) return { ...server, stop };
    await sleep(100);
  }
  await stop();
  const tail = existsSync(errorLog) ? readFileSync(errorLog, 'utf8').split('\n').slice(-15).join('\n') : '';
  rmSync(data, { recursive: true, force: true });
  throw new Error(`MySQL does not come up:\n${tail}`);
}
