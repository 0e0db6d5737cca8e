import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
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

export interface MySql extends DatabaseServer {
  stop(): Promise<void>;
}

/**
 * Starts a private MySQL from a folder into which Debian's packages of it were unpacked, with its own loader and libraries: those of the machine
 * may be older. For tests: its data may be lost with the machine.
 */
export async function startMySql(root: string, directory: string): Promise<MySql> {
  const data = path.join(directory, 'data');
  mkdirSync(data, { recursive: true, mode: 0o755 });
  const program = programOf(root, directory);
  const made = spawnSync(program.loader, [...program.flags, '--initialize-insecure'], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`mysqld --initialize-insecure failed: ${made.stderr || made.error?.message}`);
  const server = serverAt(await freePort(), randomBytes(18).toString('base64url'));
  const initFile = path.join(directory, 'init.sql');
  writeFileSync(initFile, initStatements(server.password));
  const errorLog = path.join(directory, 'mysql.log');
  const output = openSync(errorLog, 'a');
  const files = [`--socket=${path.join(directory, 's')}`, `--pid-file=${path.join(directory, 'pid')}`];
  const own = [`--port=${server.port}`, `--init-file=${initFile}`, '--mysqlx=OFF', '--secure-file-priv=NULL'];
  const flags = [...program.flags, ...files, ...own, ...SERVER_FLAGS, ...NOT_DURABLE_FLAGS];
  const child = spawn(program.loader, flags, { stdio: ['ignore', output, output] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  };
  try {
    await waitForServer(server, errorLog, () => child.exitCode !== null || child.signalCode !== null);
  } catch (error) {
    await stop();
    rmSync(data, { recursive: true, force: true });
    throw error;
  }
  return { ...server, stop };
}

/** mysqld under the loader that came with it; started by root, it runs as `nobody`. */
function programOf(root: string, directory: string): { loader: string; flags: string[] } {
  const data = path.join(directory, 'data');
  const nobody =
    process.getuid?.() === 0 ? Number(spawnSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).stdout) : undefined;
  if (nobody !== undefined) for (const owned of [directory, data]) chownSync(owned, nobody, nobody);
  const libraries = path.join(root, 'usr/lib/x86_64-linux-gnu');
  return {
    loader: path.join(root, 'usr/lib64/ld-linux-x86-64.so.2'),
    flags: [
      '--library-path',
      `${libraries}:${path.join(libraries, 'mysql/private')}`,
      path.join(root, 'usr/sbin/mysqld'),
      '--no-defaults',
      `--datadir=${data}`,
      `--lc-messages-dir=${path.join(root, 'usr/share/mysql')}`,
      `--character-sets-dir=${path.join(root, 'usr/share/mysql/charsets')}`,
      ...(nobody === undefined ? [] : ['--user=nobody']),
    ],
  };
}
