import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { startMariaDb } from '../../scripts/local/mariadb.ts';
import { startMySql } from '../../scripts/local/mysql.ts';
import { ProcessRegistry } from '../../scripts/local/processes.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    mariadb: { host: string; port: number; user: string; password: string };
  }
}

/**
 * One private MariaDB for all files of the project; each file makes a database of its own in it. With MYSQL_ROOT, a folder into which
 * MySQL's packages were unpacked, it is a MySQL instead.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(path.join(tmpdir(), 'pamoja-integration-'));
  const { MYSQL_ROOT } = process.env;
  const server = MYSQL_ROOT
    ? await startMySql(MYSQL_ROOT, directory)
    : await startMariaDb({
        directory: path.join(directory, 'mariadb'),
        durable: false,
        registry: new ProcessRegistry(directory),
        log: () => {},
      });
  project.provide('mariadb', { host: server.host, port: server.port, user: server.user, password: server.password });
  return async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
}
