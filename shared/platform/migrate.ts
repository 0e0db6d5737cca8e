import { sql } from 'kysely';
import type { Clock } from './clock.ts';
import type { Database } from './database.ts';
import { foundation } from './migrations/0001-foundation.ts';

/** One forward step of the schema. The version before it must go on working while and after it runs. */
export interface Migration {
  number: number;
  name: string;
  statements: string[];
}

const MIGRATIONS: readonly Migration[] = [foundation];

/**
 * Brings the schema up to date and returns the numbers that were applied. Two runs at once wait for each other.
 * A named lock belongs to a connection, so this must not go through RDS Proxy.
 */
export async function migrate(db: Database, clock: Clock): Promise<number[]> {
  return db.connection().execute(async (connection) => {
    const { rows } = await sql<{ got: number }>`SELECT GET_LOCK('kopano-migrate', 60) AS got`.execute(connection);
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
      await sql`DO RELEASE_LOCK('kopano-migrate')`.execute(connection);
    }
  });
}

async function apply(connection: Database, migration: Migration, clock: Clock): Promise<void> {
  for (const statement of migration.statements) {
    // DDL commits by itself: a run that was killed half-way finds its own tables and goes on.
    await sql.raw(statement.replace(/^CREATE TABLE (?!IF)/, 'CREATE TABLE IF NOT EXISTS ')).execute(connection);
  }
  await connection
    .insertInto('migrations')
    .values({ number: migration.number, name: migration.name, applied_at: clock() })
    .execute();
}
