import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// What runs for a stack is written down in <data>/run/<name>.pid with a word of its command line, so that the next start can
// end what a stack that was killed has left behind, and nothing else.

interface Entry {
  pid: number;
  /** Must be in the process's command line; a pid that was given to another program is left alone. */
  marker: string;
}

export class ProcessRegistry {
  private readonly directory: string;

  constructor(dataDirectory: string) {
    this.directory = path.join(dataDirectory, 'run');
    mkdirSync(this.directory, { recursive: true });
  }

  note(name: string, entry: Entry): void {
    writeFileSync(path.join(this.directory, `${name}.pid`), JSON.stringify(entry));
  }

  forget(name: string): void {
    rmSync(path.join(this.directory, `${name}.pid`), { force: true });
  }

  /** Ends the processes that an earlier stack has left running; returns their names. */
  async endLeftovers(): Promise<string[]> {
    const ended: string[] = [];
    for (const file of readdirSync(this.directory).filter((name) => name.endsWith('.pid'))) {
      const entry = readEntry(path.join(this.directory, file));
      if (entry && isRunning(entry)) {
        process.kill(entry.pid, 'SIGTERM');
        for (let i = 0; i < 100 && isRunning(entry); i++) await sleep(100);
        if (isRunning(entry)) process.kill(entry.pid, 'SIGKILL');
        ended.push(file.replace(/\.pid$/, ''));
      }
      rmSync(path.join(this.directory, file), { force: true });
    }
    return ended;
  }
}

/** Locks the data folder for this process. Throws an error that names the owner; a lock whose owner has ended is taken over. */
export function takeLock(dataDirectory: string): () => void {
  const file = path.join(dataDirectory, 'stack.lock');
  const owner = existsSync(file) ? readEntry(file) : undefined;
  if (owner && owner.pid !== process.pid && isRunning(owner)) {
    throw new Error(
      `another local stack (process ${owner.pid}) is using ${dataDirectory}; stop it, or choose another folder with --data`,
    );
  }
  writeFileSync(file, JSON.stringify({ pid: process.pid, marker: 'node' }));
  return () => rmSync(file, { force: true });
}

function readEntry(file: string): Entry | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Entry;
  } catch {
    return undefined;
  }
}

function isRunning({ pid, marker }: Entry): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) return false;
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(marker);
  } catch {
    return true;
  }
}
