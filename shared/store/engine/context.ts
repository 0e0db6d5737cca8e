import type { Objects } from '../../blobs/objects.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Options } from '../../platform/options.ts';
import type { StoreId } from './ids.ts';

/** The adapters that the store works with; each process composes them once, in its compose.ts. */
export interface StoreContext {
  db: Database;
  objects: Objects;
  clock: Clock;
  options: Options;
  /** Tells the listening tasks, after the commit, that these stores have changed. Never throws, never waits. */
  signalChanges: (stores: readonly StoreId[]) => void;
  /** Undefined in tests that check no log lines. */
  log?: Pick<Log, 'warn'> | undefined;
  /** Milliseconds that a parsing step may take, instead of the default. */
  parseLimitMs?: number | undefined;
}
