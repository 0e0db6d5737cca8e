import { sql } from 'kysely';
import type { Database } from '../../shared/database/database.ts';
import { onConnection } from '../../shared/database/transaction.ts';
import { createUser } from '../../shared/directory/entries/users.ts';
import { createTenant } from '../../shared/directory/tenants/tenants.ts';
import { bytesSource } from '../../shared/mime/message-source.ts';
import { scanMessage } from '../../shared/mime/scanner.ts';
import { prepareMessage } from '../../shared/store/content/prepare-message.ts';
import type { StoreContext } from '../../shared/store/engine/context.ts';
import { type FolderId, newGuid, type StoreRef, type TenantId, type UserId } from '../../shared/store/engine/ids.ts';
import { listFolders } from '../../shared/store/folders/folder.ts';
import { deliver } from '../../shared/store/messages/deliver.ts';

/** How much there is: a folder that is large, in a tenant with many mailboxes. */
export interface Filling {
  messages: number;
  stores: number;
}

/** A mailbox with a large inbox, in a tenant with many of them. */
export interface FilledStore extends StoreRef {
  user: UserId;
  login: string;
  inbox: FolderId;
}

const TEMPLATE = [
  'From: Ada <ada@filled.test>',
  'To: big@filled.test',
  'Subject: template',
  'Date: Sat, 21 Nov 2026 10:00:00 +0000',
  'Message-ID: <template@filled.test>',
  '',
  'The text of a message.',
  '',
].join('\r\n');

const DOMAIN = 'filled.test';

/** Fills a database within seconds: one message and one store are made by the store itself, all others are copies in SQL. */
export async function fillStore(context: StoreContext, filling: Filling): Promise<FilledStore> {
  const tenant = await createTenant(context, DOMAIN, [DOMAIN]);
  const big = await makeMailbox(context, tenant, 'big');
  const model = await makeMailbox(context, tenant, 'model');
  const bytes = Buffer.from(TEMPLATE);
  const message = await prepareMessage(context, tenant, bytesSource(bytes), scanMessage(bytes), context.clock());
  const target = { tenant, store: big.store, folder: big.inbox, id: newGuid(context.clock()), hardQuota: 0 };
  await deliver(context, message, [target]);
  await onConnection(context.db, async (db) => {
    await fillMessages(db, big, filling.messages);
    await fillStores(db, model, filling.stores);
    for (const table of ['messages', 'message_contents', 'changes', 'stores', 'folders', 'users', 'addresses'])
      await sql`ANALYZE TABLE ${sql.table(table)}`.execute(db);
  });
  return big;
}

async function makeMailbox(context: StoreContext, tenant: TenantId, name: string): Promise<FilledStore> {
  const login = `${name}@${DOMAIN}`;
  const { user, store } = await createUser(context, tenant, {
    login,
    email: login,
    password: 'a password of a test',
    fullName: name,
    features: ['imap'],
  });
  const inbox = (await listFolders(context.db, store)).find(({ role }) => role === 'inbox');
  if (!inbox) throw new Error('unreachable: a mailbox has an inbox');
  return { ...store, user, login, inbox: inbox.id };
}

/** Numbers from 1 on. Either server recurses a thousand times. */
const numbers = (
  count: number,
) => sql`WITH RECURSIVE digits AS (SELECT 0 AS d UNION ALL SELECT d + 1 FROM digits WHERE d < 999),
  numbers AS (SELECT a.d * 1000 + b.d + 1 AS i FROM digits a JOIN digits b WHERE a.d < ${Math.ceil(count / 1000)})`;

/** Copies rows of a table; `changed` has the columns that differ, by the number of the copy (`i`). */
async function copyRows(
  db: Database,
  table: string,
  from: ReturnType<typeof sql>,
  changed: Record<string, ReturnType<typeof sql>>,
  count: number,
): Promise<void> {
  const { rows } = await sql<{ name: string }>`SELECT column_name AS name FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = ${table} AND extra NOT LIKE '%GENERATED%' ORDER BY ordinal_position`.execute(
    db,
  );
  const columns = rows.map(({ name }) => name).filter((name) => changed[name] !== SERIAL);
  await sql`INSERT INTO ${sql.table(table)} (${sql.join(columns.map((name) => sql.ref(name)))})
    ${numbers(count)} SELECT ${sql.join(columns.map((name) => changed[name] ?? sql.ref(`t.${name}`)))}
    FROM (${from}) AS t JOIN numbers WHERE numbers.i <= ${count}`.execute(db);
}

/** The server gives the number. */
const SERIAL = sql`DEFAULT`;

const id = sql`UNHEX(LPAD(HEX(numbers.i), 32, '0'))`;

async function fillMessages(db: Database, { tenant, store, inbox }: FilledStore, count: number): Promise<void> {
  const now = Date.UTC(2026, 10, 21);
  const rowsOf = (table: string) =>
    sql`SELECT * FROM ${sql.table(table)} WHERE tenant_id = ${tenant} AND store_id = ${store} ORDER BY 1 LIMIT 1`;
  await copyRows(
    db,
    'messages',
    rowsOf('messages'),
    {
      id,
      uid: sql`numbers.i + 1`,
      arrival_uid: sql`numbers.i + 1`,
      modseq: sql`numbers.i + 100`,
      // A few of one time, not all in the order of their uids.
      delivered_at: sql`${now} + (numbers.i * 7919 % ${count}) DIV 3 * 1000`,
      flags: sql`numbers.i % 2`,
      subject: sql`CONCAT('Subject ', numbers.i * 7919 % ${count})`,
      sender_name: sql`CONCAT('Sender ', numbers.i % 1000)`,
    },
    count,
  );
  await copyRows(db, 'message_contents', rowsOf('message_contents'), { id }, count);
  const change = sql`SELECT * FROM changes WHERE tenant_id = ${tenant} AND store_id = ${store} AND uid IS NOT NULL LIMIT 1`;
  await copyRows(db, 'changes', change, { seq: sql`numbers.i + 100`, uid: sql`numbers.i + 1`, message_id: id }, count);
  await copyRows(
    db,
    'changes',
    change,
    { seq: sql`numbers.i + 100 + ${count}`, uid: sql`numbers.i + 1`, message_id: id, kind: sql`2` },
    count,
  );
  await sql`UPDATE folders SET uid_next = ${count + 2}, message_count = ${count + 1}, unseen_count = ${Math.ceil(count / 2)},
    size = size * ${count + 1}, highest_modseq = ${count * 2 + 100} WHERE tenant_id = ${tenant} AND id = ${inbox}`.execute(
    db,
  );
  await sql`UPDATE stores SET change_seq = ${count * 2 + 100}, message_count = ${count + 1},
    size = size * ${count + 1} WHERE tenant_id = ${tenant} AND id = ${store}`.execute(db);
}

/** Ids of copies begin here, far above the ids that the server assigns meanwhile. */
export const FILLED_FROM = 1_000_000;

async function fillStores(db: Database, model: FilledStore, count: number): Promise<void> {
  const { tenant, user, store } = model;
  const login = sql`CONCAT('user', numbers.i, '@filled.test')`;
  const base = FILLED_FROM;
  await copyRows(
    db,
    'users',
    sql`SELECT * FROM users WHERE tenant_id = ${tenant} AND id = ${user}`,
    { id: sql`${base} + numbers.i`, guid: id, login, email: login, full_name: sql`CONCAT('User ', numbers.i)` },
    count,
  );
  await copyRows(
    db,
    'addresses',
    sql`SELECT * FROM addresses WHERE tenant_id = ${tenant} AND user_id = ${user} LIMIT 1`,
    { address: login, user_id: sql`${base} + numbers.i` },
    count,
  );
  await copyRows(
    db,
    'stores',
    sql`SELECT * FROM stores WHERE tenant_id = ${tenant} AND id = ${store}`,
    { id: sql`${base} + numbers.i`, guid: id, user_id: sql`${base} + numbers.i` },
    count,
  );
  // Folders of a copy stand side by side: nothing here asks for their tree.
  await copyRows(
    db,
    'folders',
    sql`SELECT * FROM folders WHERE tenant_id = ${tenant} AND store_id = ${store}`,
    { id: SERIAL, guid: id, store_id: sql`${base} + numbers.i`, parent_id: sql`NULL` },
    count,
  );
}

/** The value of a column, by its type, in the rows that {@link fillOthers} makes. */
const VALUES: Record<string, (length: number) => ReturnType<typeof sql>> = {
  tinyint: () => sql`1`,
  smallint: () => sql`numbers.i`,
  int: () => sql`${FILLED_FROM} + numbers.i`,
  bigint: () => sql`${FILLED_FROM} + numbers.i`,
  varchar: (length) => sql`LEFT(CONCAT(numbers.i, 'x'), ${length})`,
  binary: (length) => sql`UNHEX(LPAD(HEX(numbers.i), ${2 * length}, '0'))`,
};

/** Fills all tables that have little in them with rows of a tenant that mean nothing, so that reading one whole is seen. */
export async function fillOthers(db: Database, tenant: TenantId, count: number): Promise<void> {
  const { rows } = await sql<{ tab: string; col: string; type: string; length: number | null }>`
    SELECT table_name AS tab, column_name AS col, data_type AS type, character_maximum_length AS length
    FROM information_schema.columns WHERE table_schema = DATABASE() AND extra NOT LIKE '%GENERATED%'`.execute(db);
  for (const [table, columns] of Map.groupBy(rows, ({ tab }) => tab)) {
    const there = await sql<{ n: number }>`SELECT COUNT(*) AS n FROM ${sql.table(table)}`.execute(db);
    if (Number(there.rows[0]?.n) > 100 || table === 'migrations') continue;
    const value = ({ col, type, length }: (typeof rows)[number]) =>
      col === 'tenant_id' ? sql`${tenant}` : (VALUES[type]?.(Number(length ?? 0)) ?? sql`''`);
    await sql`INSERT INTO ${sql.table(table)} (${sql.join(columns.map(({ col }) => sql.ref(col)))})
      ${numbers(count)} SELECT ${sql.join(columns.map(value))} FROM numbers WHERE numbers.i <= ${count}`.execute(db);
    await sql`ANALYZE TABLE ${sql.table(table)}`.execute(db);
  }
}
