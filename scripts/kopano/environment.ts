import { existsSync, readFileSync } from 'node:fs';

/**
 * Puts the environment of a running local stack into this process, unless it has one of its own (in the cloud, or by hand).
 * Must run before anything reads the environment.
 */
export function useStackEnvironment(dataDirectory: string): void {
  if (process.env.DB_HOST) return;
  const file = `${dataDirectory}/environment.json`;
  if (!existsSync(file)) throw new Error(`no local stack has run in ${dataDirectory}, and DB_HOST is not set`);
  Object.assign(process.env, JSON.parse(readFileSync(file, 'utf8')));
  process.once('uncaughtException', (error: NodeJS.ErrnoException) => {
    const away = error.code === 'ECONNREFUSED';
    console.error(away ? `the local stack of ${dataDirectory} does not run; start it with scripts/start` : error);
    process.exit(1);
  });
}
