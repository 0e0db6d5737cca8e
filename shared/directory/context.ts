import type { Database } from '../database/database.ts';
import type { Clock } from '../platform/clock.ts';
import type { Options } from '../platform/options.ts';

/** What the functions that change the directory depend on. */
export interface DirectoryContext {
  db: Database;
  clock: Clock;
  options: Options;
}
