import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { parseOptions } from '../../shared/platform/options.ts';
import { dataFolder, privateFolder } from './folders.ts';
import { ProcessRegistry, takeLock } from './processes.ts';
import type { StackOptions } from './stack-options.ts';

/** Runs when the stack stops, in the reverse order of registration. */
export type OnStop = (close: () => Promise<void> | void) => void;

/** Paths, log and registry that the steps of a start share. */
export interface Startup {
  options: StackOptions;
  data: string;
  /** Folder of the logs. */
  logs: string;
  log: (line: string) => void;
  /** Reports the next step; throws when the start was cancelled. */
  progress: (line: string) => void;
  registry: ProcessRegistry;
  onStop: OnStop;
}

/** Checks the options, takes the lock of the data folder and ends processes that an earlier stack left running. */
export async function prepareStart(options: StackOptions, onStop: OnStop): Promise<Startup> {
  parseOptions(options.options ?? {});
  const data = dataFolder(options.data);
  onStop(takeLock(data));
  const logs = privateFolder(path.join(data, 'log'));
  const registry = new ProcessRegistry(data);
  const progress = (line: string) => {
    options.signal?.throwIfAborted();
    options.progress?.(line);
  };
  const leftovers = await registry.endLeftovers();
  if (leftovers.length > 0) progress(`ended processes that an earlier stack had left running: ${leftovers.join(', ')}`);
  return { options, data, logs, log: lineLog(path.join(logs, 'stack.log')), progress, registry, onStop };
}

function lineLog(file: string): (line: string) => void {
  const stream = createWriteStream(file, { flags: 'a' });
  return (line) => void stream.write(`${line}\n`);
}
