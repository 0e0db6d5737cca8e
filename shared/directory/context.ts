import type { Database } from '../database/database.ts';
import type { Clock } from '../platform/clock.ts';
import type { Options } from '../platform/options.ts';

/** What administration of the directory needs of the world. */
export interface DirectoryContext {
  db: Database;
  clock: Clock;
  options: Options;
}
