import { sql } from 'kysely';
import type { Database } from './database.ts';
import { asPamojaError } from './transaction.ts';

/**
 * Stops the start of a program on a database whose settings lose data (checked-pool.ts). A database that is unreachable does not stop it: each
 * connection is checked again before its first use.
 */
export async function requireDatabaseSettings(db: Database): Promise<void> {
  try {
    await sql`SELECT 1`.execute(db);
  } catch (error) {
    if (asPamojaError(error).code !== 'NETWORK_ERROR') throw error;
  }
}
