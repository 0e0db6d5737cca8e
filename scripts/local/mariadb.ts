import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { freePort } from './ports.ts';
import type { ProcessRegistry } from './processes.ts';

export interface MariaDb {
  host: string;
  port: number;
  user: string;
  password: string;
  /** The server's process; it changes when the server is restarted. */
  pid(): number;
  stop(): Promise<void>;
}

export interface MariaDbOptions {
  /** The server's own data directory, logs and credentials. */
  directory: string;
  /** False: a server for tests that may lose everything with its machine, and is faster for it. */
  durable: boolean;
  registry: ProcessRegistry;
  log: (line: string) => void;
}

/**
 * Starts a private MariaDB: own data, own socket, own port, on the loopback interface only. Starts it again when it dies. With the variable
 * STATEMENT_LOGS, a folder, all statements that it got are left there (scripts/plans.ts).
 */
export async function startMariaDb(options: MariaDbOptions): Promise<MariaDb> {
  const { directory } = options;
  mkdirSync(directory, { recursive: true });
  const data = path.join(directory, 'data');
  const account = serverAccount(directory);
  const initialized = path.join(directory, 'initialized');
  if (existsSync(data) && !existsSync(initialized)) {
    options.log('the database was only half made; making it anew');
    rmSync(data, { recursive: true });
  }
  const { STATEMENT_LOGS } = process.env;
  // In the server's own folder, which it may write to; it is moved to the others when the server has ended.
  const statements = STATEMENT_LOGS && path.join(data, 'statements.log');
  const port = await freePort();
  const password = readOrMakePassword(path.join(directory, 'password'));
  const socketDirectory = mkdtempSync(path.join(tmpdir(), 'pamoja-db-'));
  if (account.uid !== undefined) chownSync(socketDirectory, account.uid, account.gid ?? 0);
  if (!existsSync(data)) {
    mkdirSync(data, { mode: 0o700 });
    if (account.uid !== undefined) chownSync(data, account.uid, account.gid ?? 0);
    install(data, socketDirectory, account);
  }
  const socket = path.join(socketDirectory, 's');
  const initFile = path.join(socketDirectory, 'init.sql');
  // Run at each start, as the server itself: the one account, and no other way in.
  writeFileSync(
    initFile,
    [
      'CREATE DATABASE IF NOT EXISTS `kopano` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;',
      `CREATE USER IF NOT EXISTS 'kopano'@'%' IDENTIFIED BY '${password}';`,
      `ALTER USER 'kopano'@'%' IDENTIFIED BY '${password}';`,
      "GRANT ALL ON *.* TO 'kopano'@'%';",
    ].join('\n'),
  );
  chmodSync(initFile, 0o600);
  if (account.uid !== undefined) chownSync(initFile, account.uid, account.gid ?? 0);
  const args = [
    '--no-defaults',
    `--datadir=${data}`,
    `--socket=${socket}`,
    `--tmpdir=${socketDirectory}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--skip-name-resolve',
    `--init-file=${initFile}`,
    `--pid-file=${path.join(socketDirectory, 'pid')}`,
    '--transaction-isolation=READ-COMMITTED',
    '--sql-mode=STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY',
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_bin',
    '--max-allowed-packet=256M',
    '--max-connections=500',
    '--innodb-buffer-pool-size=512M',
    '--innodb-log-file-size=256M',
    '--performance-schema=OFF',
    '--skip-log-bin',
    ...(options.durable
      ? ['--innodb-flush-log-at-trx-commit=1']
      : ['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0', '--innodb-flush-method=nosync']),
    ...account.arguments,
    ...(statements ? ['--general-log=ON', `--general-log-file=${statements}`] : []),
  ];
  const errorLog = path.join(directory, 'mariadb.log');
  let child: ChildProcess;
  let stopping = false;
  const run = () => {
    const output = openSync(errorLog, 'a');
    child = spawn(serverProgram(), args, {
      stdio: ['ignore', output, output],
      detached: true,
      uid: account.uid,
      gid: account.gid,
    });
    if (child.pid) options.registry.note(`mariadb-${path.basename(directory)}`, { pid: child.pid, marker: data });
    child.once('exit', (code, signal) => {
      if (stopping) return;
      appendFileSync(errorLog, `\nMariaDB ended (${signal ?? code}); starting it again\n`);
      options.log(`MariaDB ended (${signal ?? code}); starting it again`);
      setTimeout(run, 200);
    });
  };
  run();
  await waitUntilUp({ port, password }, errorLog, () => child.exitCode !== null);
  return {
    host: '127.0.0.1',
    port,
    user: 'kopano',
    password,
    pid: () => child.pid ?? 0,
    async stop() {
      stopping = true;
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        await ended;
      }
      if (STATEMENT_LOGS && statements && existsSync(statements))
        copyFileSync(statements, path.join(STATEMENT_LOGS, `${path.basename(socketDirectory)}.log`));
      options.registry.forget(`mariadb-${path.basename(directory)}`);
      rmSync(socketDirectory, { recursive: true, force: true });
    },
  };
}

interface ServerAccount {
  uid: number | undefined;
  gid: number | undefined;
  arguments: string[];
}

/** The server runs as whoever starts it; for root as `mysql`, unless there is no such user or it cannot reach the folder. */
function serverAccount(directory: string): ServerAccount {
  if (process.getuid?.() !== 0) return { uid: undefined, gid: undefined, arguments: [] };
  const id = (flag: string) => spawnSync('id', [flag, 'mysql'], { encoding: 'utf8' }).stdout.trim();
  if (id('-u') === '') return { uid: undefined, gid: undefined, arguments: ['--user=root'] };
  const uid = Number(id('-u'));
  const gid = Number(id('-g'));
  const reachable = spawnSync('test', ['-x', directory], { uid, gid }).status === 0;
  return reachable ? { uid, gid, arguments: [] } : { uid: undefined, gid: undefined, arguments: ['--user=root'] };
}

/** Temporary tables in a folder of its own: a server that starts removes those of all others from a folder that they share. */
function install(data: string, temporary: string, account: ServerAccount): void {
  const made = spawnSync(
    'mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--tmpdir=${temporary}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      ...account.arguments,
    ],
    {
      encoding: 'utf8',
      uid: account.uid,
      gid: account.gid,
    },
  );
  if (made.status !== 0)
    throw new Error(`mariadb-install-db failed: ${made.stderr || made.stdout || made.error?.message}`);
  writeFileSync(path.join(path.dirname(data), 'initialized'), '');
}

function readOrMakePassword(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}

const serverProgram = (): string =>
  ['/usr/sbin/mariadbd', '/usr/local/sbin/mariadbd', '/usr/libexec/mariadbd'].find((file) => existsSync(file)) ??
  'mariadbd';

async function waitUntilUp(
  server: { port: number; password: string },
  errorLog: string,
  dead: () => boolean,
): Promise<void> {
  for (let i = 0; i < 600; i++) {
    try {
      const connection = await createConnection({
        host: '127.0.0.1',
        port: server.port,
        user: 'kopano',
        password: server.password,
      });
      await connection.query('SELECT 1');
      await connection.end();
      return;
    } catch {
      if (dead() && i > 50) break;
      await sleep(100);
    }
  }
  const tail = readFileSync(errorLog, 'utf8').split('\n').slice(-15).join('\n');
  throw new Error(`MariaDB does not come up. The end of ${errorLog}:\n${tail}`);
}
