import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/** Makes the data folder of a stack. Throws an error with the reason when it cannot be used. */
export function dataFolder(folder: string): string {
  const whole = path.resolve(folder);
  try {
    makeFolder(whole);
    accessSync(whole, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(
      `the folder ${whole} cannot be used for the data (${code ?? message}); choose another one with --data`,
      {
        cause: error,
      },
    );
  }
  return whole;
}

/** Makes a folder and those above it, one by one: the recursive call of Node never comes back where a file system (/proc) makes none. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  mkdirSync(folder);
}

/** Makes a folder that only its owner can open: it holds logs, mail, or the data of queues and buckets. An existing folder is closed to others. */
export function privateFolder(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  return folder;
}

/** Writes a file for its owner alone, whole or not at all: a machine that stops in between leaves the old one. */
export function writeWhole(file: string, content: string): void {
  const next = `${file}.new`;
  writeFileSync(next, content, { mode: 0o600, flush: true });
  renameSync(next, file);
}

/**
 * The prefix of the names of a data folder's stacks, buckets, queues and tables. A folder that is older than stages keeps the prefix of that
 * time.
 */
export function stageOf(data: string): string {
  const file = path.join(data, 'stage');
  if (!existsSync(file)) writeWhole(file, existsSync(path.join(data, 'mariadb')) ? 'Kopano' : 'Pamoja');
  return readFileSync(file, 'utf8').trim();
}
