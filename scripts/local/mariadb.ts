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
import {
  type DatabaseServer,
  initStatements,
  NOT_DURABLE_FLAGS,
  SERVER_FLAGS,
  serverAt,
  waitForServer,
} from './database-server.ts';
import { freePort } from './ports.ts';
import type { ProcessRegistry } from './processes.ts';

export interface MariaDb extends DatabaseServer {
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
 * Starts a private MariaDB: own data, own socket, own port, on the loopback interface only. It is restarted when it ends. With the variable
 * STATEMENT_LOGS, a folder, the log of all its statements is left there (scripts/plans.ts).
 */
export async function startMariaDb(options: MariaDbOptions): Promise<MariaDb> {
  const { directory, log } = options;
  mkdirSync(directory, { recursive: true });
  removeHalfMade(directory, log);
  const account = serverAccount(directory);
  const data = path.join(directory, 'data');
  const sockets = mkdtempSync(path.join(tmpdir(), 'kopano-db-'));
  own(sockets, account);
  if (!existsSync(data)) {
    mkdirSync(data, { mode: 0o700 });
    own(data, account);
    install(data, sockets, account);
  }
  const server = serverAt(await freePort(), readOrMakePassword(path.join(directory, 'password')));
  const initFile = writeInitFile(sockets, server, account);
  const statements = statementLog(data, sockets);
  const files = [`--datadir=${data}`, `--tmpdir=${sockets}`, `--socket=${path.join(sockets, 's')}`];
  const running = new ServerProcess(options, account, [
    '--no-defaults',
    ...files,
    `--pid-file=${path.join(sockets, 'pid')}`,
    `--init-file=${initFile}`,
    `--port=${server.port}`,
    ...SERVER_FLAGS,
    '--innodb-log-file-size=256M',
    ...(options.durable
      ? ['--innodb-flush-log-at-trx-commit=1']
      : [...NOT_DURABLE_FLAGS, '--innodb-flush-method=nosync']),
    ...account.arguments,
    ...statements.flags,
  ]);
  try {
    await waitForServer(server, running.errorLog, () => running.restarts >= MAX_RESTARTS);
  } catch (error) {
    await running.stop();
    rmSync(sockets, { recursive: true, force: true });
    throw error;
  }
  return {
    ...server,
    pid: () => running.pid,
    async stop() {
      await running.stop();
      statements.keep();
      rmSync(sockets, { recursive: true, force: true });
    },
  };
}

/** A server that has ended this often while it was waited for does not start. */
const MAX_RESTARTS = 5;
const RESTART_AFTER_MS = 200;

/** The server's process, which is started again when it ends. */
class ServerProcess {
  readonly errorLog: string;
  restarts = 0;
  private readonly options: MariaDbOptions;
  private readonly account: ServerAccount;
  private readonly flags: readonly string[];
  private readonly name: string;
  private child: ChildProcess;
  private stopping = false;

  constructor(options: MariaDbOptions, account: ServerAccount, flags: readonly string[]) {
    this.options = options;
    this.account = account;
    this.flags = flags;
    this.name = `mariadb-${path.basename(options.directory)}`;
    this.errorLog = path.join(options.directory, 'mariadb.log');
    this.child = this.start();
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.kill('SIGTERM');
      await ended;
    }
    this.options.registry.forget(this.name);
  }

  private start(): ChildProcess {
    const output = openSync(this.errorLog, 'a');
    const { uid, gid } = this.account;
    const child = spawn(serverProgram(), this.flags, { stdio: ['ignore', output, output], detached: true, uid, gid });
    const marker = path.join(this.options.directory, 'data');
    if (child.pid) this.options.registry.note(this.name, { pid: child.pid, marker });
    child.once('exit', (code, signal) => this.restart(`MariaDB ended (${signal ?? code}); restarting it`));
    return child;
  }

  private restart(reason: string): void {
    if (this.stopping) return;
    this.restarts++;
    appendFileSync(this.errorLog, `\n${reason}\n`);
    this.options.log(reason);
    setTimeout(() => {
      if (!this.stopping) this.child = this.start();
    }, RESTART_AFTER_MS);
  }
}

/** Removes a data directory whose installation was interrupted. */
function removeHalfMade(directory: string, log: (line: string) => void): void {
  const data = path.join(directory, 'data');
  if (!existsSync(data) || existsSync(path.join(directory, 'initialized'))) return;
  log('the installation of the database was interrupted; installing it again');
  rmSync(data, { recursive: true });
}

/** Statements that the server runs at each start, as itself: the database, and its one account. */
function writeInitFile(directory: string, { password }: DatabaseServer, account: ServerAccount): string {
  const file = path.join(directory, 'init.sql');
  writeFileSync(file, initStatements(password));
  chmodSync(file, 0o600);
  own(file, account);
  return file;
}

/**
 * The general log, with STATEMENT_LOGS set: written to the data directory, which the server may write to, and copied to the folder of the logs
 * when the server has ended.
 */
function statementLog(data: string, sockets: string): { flags: string[]; keep(): void } {
  const { STATEMENT_LOGS } = process.env;
  if (!STATEMENT_LOGS) return { flags: [], keep() {} };
  const file = path.join(data, 'statements.log');
  return {
    flags: ['--general-log=ON', `--general-log-file=${file}`],
    keep() {
      if (existsSync(file)) copyFileSync(file, path.join(STATEMENT_LOGS, `${path.basename(sockets)}.log`));
    },
  };
}

function own(file: string, { uid, gid }: ServerAccount): void {
  if (uid !== undefined) chownSync(file, uid, gid ?? 0);
}

interface ServerAccount {
  uid: number | undefined;
  gid: number | undefined;
  arguments: string[];
}

/** The server runs as the user who starts it; for root as `mysql`, unless there is no such user or it cannot reach the folder. */
function serverAccount(directory: string): ServerAccount {
  if (process.getuid?.() !== 0) return { uid: undefined, gid: undefined, arguments: [] };
  const id = (flag: string) => spawnSync('id', [flag, 'mysql'], { encoding: 'utf8' }).stdout.trim();
  if (id('-u') === '') return { uid: undefined, gid: undefined, arguments: ['--user=root'] };
  const uid = Number(id('-u'));
  const gid = Number(id('-g'));
  const reachable = spawnSync('test', ['-x', directory], { uid, gid }).status === 0;
  return reachable ? { uid, gid, arguments: [] } : { uid: undefined, gid: undefined, arguments: ['--user=root'] };
}

/** Temporary tables are in a folder of the server's own: in a shared folder, a starting server removes those of all others. */
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
