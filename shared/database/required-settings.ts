import { sql } from 'kysely';
import type { Database } from './database.ts';
import { asPamojaError } from './transaction.ts';

/**
 * Ends the start of a program on a database whose settings lose data (checked-pool.ts). One that cannot be reached is waited for by whoever
 * needs it first: each connection is looked at before it is used.
 */
export async function requireDatabaseSettings(db: Database): Promise<void> {
  try {
    await sql`SELECT 1`.execute(db);
  } catch (error) {
    if (asPamojaError(error).code !== 'NETWORK_ERROR') throw error;
  }
}
