import { sql } from 'kysely';
import type { Clock } from '../platform/clock.ts';
import type { Database } from './database.ts';
import type { Migration } from './migration.ts';
import { MIGRATIONS } from './migrations.ts';
import { onConnection } from './transaction.ts';

/**
 * Errors of a statement that a killed run has already executed: DDL commits by itself, before its migration is recorded. So an ALTER TABLE has
 * one clause: of several, one that exists already would prevent the others.
 */
const ALREADY_DONE = new Set([
  'ER_TABLE_EXISTS_ERROR',
  'ER_DUP_FIELDNAME',
  'ER_DUP_KEYNAME',
  'ER_CANT_DROP_FIELD_OR_KEY',
]);

/**
 * Brings the schema up to date and returns the numbers that were applied. Two runs at once wait for each other.
 * A named lock belongs to a connection, so this must not go through RDS Proxy.
 */
export async function migrate(db: Database, clock: Clock): Promise<number[]> {
  return onConnection(db, async (connection) => {
    const { rows } = await sql<{ got: number }>`SELECT GET_LOCK('pamoja-migrate', 60) AS got`.execute(connection);
    if (Number(rows[0]?.got) !== 1) throw new Error('another migration has been running for a minute');
    try {
      await sql`CREATE TABLE IF NOT EXISTS \`migrations\` (\`number\` INT UNSIGNED NOT NULL, \`name\` VARCHAR(64) NOT NULL, \`applied_at\` BIGINT NOT NULL, PRIMARY KEY (\`number\`)) ENGINE=InnoDB`.execute(
        connection,
      );
      const done = new Set(
        (await connection.selectFrom('migrations').select('number').execute()).map((row) => row.number),
      );
      const applied: number[] = [];
      for (const migration of MIGRATIONS.filter(({ number }) => !done.has(number))) {
        await apply(connection, migration, clock);
        applied.push(migration.number);
      }
      return applied;
    } finally {
      await sql`DO RELEASE_LOCK('pamoja-migrate')`.execute(connection);
    }
  });
}

async function apply(connection: Database, migration: Migration, clock: Clock): Promise<void> {
  for (const statement of migration.statements) {
    await sql
      .raw(statement)
      .execute(connection)
      .catch((error: { code?: string }) => {
        if (!ALREADY_DONE.has(error.code ?? '')) throw error;
      });
  }
  await connection
    .insertInto('migrations')
    .values({ number: migration.number, name: migration.name, applied_at: clock() })
    .execute();
}
