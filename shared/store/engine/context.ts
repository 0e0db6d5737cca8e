import type { Objects } from '../../blobs/objects.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Options } from '../../platform/options.ts';
import type { StoreId } from './ids.ts';

/** What the store needs of the world; put together once a process in its compose.ts. */
export interface StoreContext {
  db: Database;
  objects: Objects;
  clock: Clock;
  options: Options;
  /** Tells the listening tasks, after the commit, that these stores have changed. Never throws, never waits. */
  signalChanges: (stores: readonly StoreId[]) => void;
  /** Undefined in tests that do not look. */
  log?: Pick<Log, 'warn'> | undefined;
  /** Milliseconds that a step of parsing may take, where that is not the usual. */
  parseLimitMs?: number | undefined;
}
