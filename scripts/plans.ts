import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { memoryObjects } from '../shared/blobs/memory-objects.ts';
import { type Database, openDatabase } from '../shared/database/database.ts';
import { migrate } from '../shared/database/migrate.ts';
import { onConnection } from '../shared/database/transaction.ts';
import { systemClock } from '../shared/platform/clock.ts';
import { parseOptions } from '../shared/platform/options.ts';
import { startMariaDb } from './local/mariadb.ts';
import { startMySql } from './local/mysql.ts';
import { ProcessRegistry } from './local/processes.ts';
import { ALLOWED } from './plans/allowed.ts';
import { fillOthers, fillStore } from './plans/filled-store.ts';
import { type Names, onFilledStore } from './plans/on-filled-store.ts';
import { readStatements, type SentStatement } from './plans/statements.ts';

// Runs every recorded statement on a full database (a folder of 100,000 messages, a tenant of 2,000 stores, some thousand rows in each
// other table), with the ids of the large folder, store and tenant in place of its own, and counts the rows that the server reads for it.
// A statement that reads far more rows than it returns is a scan: its cost grows with the folder, the store or the tenant. The statements
// come from the given folder (the logs of servers that ran with STATEMENT_LOGS), else from a replay and all SOAP operations.

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: { messages: { type: 'string', default: '100000' }, stores: { type: 'string', default: '2000' } },
});

/** Rows of every other table. */
const OTHERS = 5000;

/** Rows that a statement may read besides its result, and for each row of the result: index entry, row, and those of joined tables. */
const FREE = 400;
const FOR_EACH = 12;

const directory = mkdtempSync(path.join(tmpdir(), 'pamoja-plans-'));
try {
  const found = new Map<string, SentStatement>();
  const logs = positionals[0] ?? collect();
  for (const file of readdirSync(logs)) await readStatements(path.join(logs, file), found);
  const scans = await check([...found.values()]);
  console.log(`plans: ${found.size} statements, ${scans} scans`);
  process.exitCode = scans > 0 || found.size < 100 ? 1 : 0;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** Runs the programs that send statements of every kind, on servers that log them. */
function collect(): string {
  for (const script of ['replay.ts', 'soap-coverage.ts'])
    spawnSync(process.execPath, [path.join(import.meta.dirname, script)], {
      env: { ...process.env, STATEMENT_LOGS: directory },
      stdio: 'ignore',
    });
  return directory;
}

async function check(statements: readonly SentStatement[]): Promise<number> {
  const { MYSQL_ROOT } = process.env;
  const own = mkdtempSync(path.join(tmpdir(), 'pamoja-plans-db-'));
  const server = MYSQL_ROOT
    ? await startMySql(MYSQL_ROOT, own)
    : await startMariaDb({ directory: own, durable: false, registry: new ProcessRegistry(own), log: () => {} });
  // One connection only: the server counts the rows that a session reads.
  const db = openDatabase({ ...server, database: 'kopano', tls: false, poolSize: 1 });
  try {
    const names = await fill(db);
    const scans = new Map<string, number>();
    let failed = 0;
    for (const statement of statements) {
      const scan = await scanOf(db, statement, names);
      if (scan === 'failed') failed++;
      else if (scan) {
        const allowed = ALLOWED.find(({ statement: pattern }) => pattern.test(statement.text));
        if (allowed) scans.set(allowed.reason, (scans.get(allowed.reason) ?? 0) + 1);
        else {
          scans.set('', (scans.get('') ?? 0) + 1);
          console.log(`${scan.reads} reads for ${scan.answered} rows: ${statement.text}\n${scan.plan}\n`);
        }
      }
    }
    for (const [reason, count] of scans) if (reason) console.log(`allowed, ${count}: ${reason}`);
    if (failed > 0) console.log(`${failed} statements could not be executed here`);
    return scans.get('') ?? 0;
  } finally {
    await db.destroy();
    await server.stop();
    rmSync(own, { recursive: true, force: true });
  }
}

async function fill(db: Database): Promise<Names> {
  await migrate(db, systemClock);
  const context = {
    db,
    objects: memoryObjects(),
    clock: systemClock,
    options: parseOptions({}),
    signalChanges: () => {},
  };
  const store = await fillStore(context, { messages: Number(flags.messages), stores: Number(flags.stores) });
  await fillOthers(db, store.tenant, OTHERS);
  const guid = async (table: 'stores' | 'folders' | 'users', id: number) =>
    (await db.selectFrom(table).select('guid').where('id', '=', id).executeTakeFirstOrThrow()).guid;
  const { parent_id } = await db
    .selectFrom('folders')
    .select('parent_id')
    .where('id', '=', store.inbox)
    .executeTakeFirstOrThrow();
  const { change_seq } = await db
    .selectFrom('stores')
    .select('change_seq')
    .where('id', '=', store.store)
    .executeTakeFirstOrThrow();
  return {
    store,
    storeGuid: await guid('stores', store.store),
    folderGuid: await guid('folders', store.inbox),
    userGuid: await guid('users', store.user),
    subtree: parent_id ?? 0,
    lastChange: change_seq,
  };
}

/** Rows that a statement reads when they are far more than its result. The statement changes nothing. */
async function scanOf(
  db: Database,
  { text, example }: SentStatement,
  names: Names,
): Promise<{ reads: number; answered: number; plan: string } | 'failed' | undefined> {
  // An insert reads no rows.
  if (/^insert\b/i.test(text) && !/\bselect\b/i.test(text)) return undefined;
  const statement = onFilledStore(example, names);
  return onConnection(db, async (connection) => {
    await sql`START TRANSACTION`.execute(connection);
    try {
      const before = await readsOf(connection);
      const { rows, numAffectedRows } = await sql.raw(statement).execute(connection);
      const reads = (await readsOf(connection)) - before;
      const answered = Math.max(rows.length, Number(numAffectedRows ?? 0));
      if (reads <= FREE + FOR_EACH * answered) return undefined;
      const plan = await sql.raw(`EXPLAIN FORMAT=TRADITIONAL ${statement}`).execute(connection);
      return {
        reads,
        answered,
        plan: plan.rows.map((row) => `  ${Object.values(row as object).join(' | ')}`).join('\n'),
      };
    } catch (error) {
      if (!/^ER_/.test(String((error as { code?: unknown }).code))) throw error;
      if (process.env.VERBOSE) console.log(String(error), statement.slice(0, 500));
      return 'failed';
    } finally {
      await sql`ROLLBACK`.execute(connection);
    }
  });
}

async function readsOf(db: Database): Promise<number> {
  const { rows } = await sql<{ Value: string }>`SHOW SESSION STATUS LIKE 'Handler_read%'`.execute(db);
  return rows.reduce((sum, row) => sum + Number(row.Value), 0);
}
