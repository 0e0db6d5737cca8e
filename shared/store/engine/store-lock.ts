import { type InferResult, type Insertable, sql, type UpdateObject } from 'kysely';
import { caseExpression } from '../../database/case-expression.ts';
import { type Database, type UnguardedDatabase, unguarded } from '../../database/database.ts';
import type { FoldersTable, MessagesTable, Schema, StoresTable } from '../../database/schema.ts';
import { type Statement, StatementCache } from '../../database/statement-cache.ts';
import { inTransaction, type Writer, writeNow } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import { CHANGE, type ChangeRow, insertChanges, type NewChange } from './changes.ts';
import type { StoreContext } from './context.ts';
import type { FolderId, StoreId, StoreRef, TenantId } from './ids.ts';

// docs/decisions/0001-store-locking.md and 0031-locked-store.md

/**
 * The table of stores as every statement names it that locks or changes its rows. A row is locked in the index by which it was found, and
 * then in the primary key: two statements that find one row by different indexes wait for each other in a circle. The optimizer is not asked.
 */
const storesByPrimaryKey = sql<StoresTable>`\`stores\``.as<'stores'>(sql`\`stores\` FORCE INDEX (PRIMARY)`);

declare const changeNumber: unique symbol;

/** The number of a change that this transaction appends to the feed of a store: what shows that clients are told of a write. */
export type ChangeNumber = number & { readonly [changeNumber]: true };

/** Why clients are not told of a write. */
export type Untold =
  /** Counters and IMAP numbers of a folder; the changes of its messages tell of them. */
  | 'counters'
  /** The subscriptions of an IMAP user. */
  | 'subscriptions'
  /** Which folder is the Outbox, the Inbox, ...: Kopano's server sends no event for it, and its clients know it from properties of the store. */
  | 'role'
  /** The criteria of a search folder, and the change up to which its results are. */
  | 'search state'
  /** PR_MSG_STATUS; where a bit of it is an IMAP flag, the change of flags tells of it. */
  | 'message status'
  /** Rows of the soft-deleted view, and those of a folder whose own change says that it is gone. */
  | 'deleted already'
  /** Rows of a store that is removed with all clients' places in it. */
  | 'store removed';

/** The change that tells of a write, or why none does. */
export type Told = ChangeNumber | Untold;

/** Columns of a store that are written one by one; the lock writes the others. */
export type StoreColumns = UpdateObject<
  { stores: Omit<StoresTable, 'id' | 'tenant_id' | 'guid' | 'change_seq' | 'size' | 'message_count'> },
  'stores'
>;

type RowOf<Table> = Omit<Insertable<Table>, 'tenant_id' | 'store_id'>;

/** The growth of a store: bytes, and messages that are not soft-deleted. */
export interface StoreDelta {
  size: number;
  messages: number;
}

/**
 * A store whose row this transaction has locked. All changes to a store happen under this lock, one transaction at a time, and its rows are
 * written through this object alone: `Database` refuses them. Only the lock makes one; it appends the changes and writes the counters at the end.
 */
class LockedStore implements StoreRef {
  readonly tenant: TenantId;
  readonly store: StoreId;
  /** The transaction: for reading, and for tables that no feed tells of. */
  readonly tx: Database;
  /** Has a statement carried out, now or with the COMMIT; the latter only where no later statement reads what it writes. */
  readonly write: Writer;
  readonly #locked: StoreLockRow;
  readonly #appended: NewChange[] = [];
  readonly #delta: StoreDelta = { size: 0, messages: 0 };
  #removed = false;

  constructor(tx: Database, row: StoreLockRow, write: Writer) {
    this.tenant = row.tenant_id as TenantId;
    this.store = row.id as StoreId;
    this.tx = tx;
    this.write = write;
    this.#locked = row;
  }

  /** The last change number given out. */
  get changeSeq(): number {
    return this.#locked.change_seq + this.#appended.length;
  }

  /** Bytes of all messages that are not soft-deleted, with what this transaction has counted. */
  get size(): number {
    return this.#locked.size + this.#delta.size;
  }

  /** Appends a change to the feed. Gives its number. */
  append(change: NewChange): ChangeNumber {
    this.#appended.push(change);
    return this.changeSeq as ChangeNumber;
  }

  /** Appends the change of a folder that the insert makes, which only then has an id. */
  async appendNewFolder(
    syncId: number | undefined,
    insert: (change: ChangeNumber) => Promise<FolderId>,
  ): Promise<FolderId> {
    const place = this.#appended.length;
    const change: NewChange = { kind: CHANGE.FOLDER_NEW, folder: 0 as FolderId, syncId };
    const folder = await insert(this.append(change));
    this.#appended[place] = { ...change, folder };
    return folder;
  }

  /** Appends changes to the feed. Gives the number of the last one; undefined where there is none. */
  appendAll(changes: readonly NewChange[]): ChangeNumber | undefined {
    for (const change of changes) this.append(change);
    return changes.length > 0 ? (this.changeSeq as ChangeNumber) : undefined;
  }

  /** Counts what the store gains or loses. */
  count({ size, messages }: StoreDelta): void {
    this.#delta.size += size;
    this.#delta.messages += messages;
  }

  /** Writes columns of the store itself, which the feed does not tell of. */
  async update(columns: StoreColumns): Promise<void> {
    await unguarded(this.tx)
      .updateTable(storesByPrimaryKey)
      .set(columns)
      .where('tenant_id', '=', this.tenant)
      .where('id', '=', this.store)
      .execute();
  }

  /** The store's rows in the table of folders. */
  folders(told: Told) {
    this.#requireTold(told);
    const db = unguarded(this.tx);
    const { tenant, store } = this;
    return {
      insert: (row: RowOf<FoldersTable>) =>
        db.insertInto('folders').values({ ...row, tenant_id: tenant, store_id: store }),
      update: () => db.updateTable('folders').where('tenant_id', '=', tenant).where('store_id', '=', store),
      delete: () => db.deleteFrom('folders').where('tenant_id', '=', tenant).where('store_id', '=', store),
    };
  }

  /** The store's rows in the table of messages. */
  messages(told: Told) {
    this.#requireTold(told);
    const db = unguarded(this.tx);
    const { tenant, store } = this;
    return {
      insert: (row: RowOf<MessagesTable>) =>
        db.insertInto('messages').values({ ...row, tenant_id: tenant, store_id: store }),
      update: () => db.updateTable('messages').where('tenant_id', '=', tenant).where('store_id', '=', store),
      delete: () => db.deleteFrom('messages').where('tenant_id', '=', tenant).where('store_id', '=', store),
    };
  }

  /** The store's rows in the table of message contents. */
  contents(told: Told) {
    this.#requireTold(told);
    const db = unguarded(this.tx);
    const { tenant, store } = this;
    return {
      insert: (row: RowOf<Schema['message_contents']>) =>
        db.insertInto('message_contents').values({ ...row, tenant_id: tenant, store_id: store }),
      update: () => db.updateTable('message_contents').where('tenant_id', '=', tenant).where('store_id', '=', store),
      delete: () => db.deleteFrom('message_contents').where('tenant_id', '=', tenant).where('store_id', '=', store),
    };
  }

  /** Deletes up to `limit` changes of a store that is being removed. Gives how many went. */
  async deleteChanges(limit: number): Promise<number> {
    const { numDeletedRows } = await unguarded(this.tx)
      .deleteFrom('changes')
      .where('tenant_id', '=', this.tenant)
      .where('store_id', '=', this.store)
      .limit(limit)
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  }

  /** Deletes the store's own row, when all that belongs to it is gone. */
  async remove(): Promise<void> {
    this.#removed = true;
    await unguarded(this.tx)
      .deleteFrom('stores')
      .where('tenant_id', '=', this.tenant)
      .where('id', '=', this.store)
      .execute();
  }

  /** What the end of the transaction writes of this store; undefined: nothing. */
  pending(): { changes: readonly NewChange[]; firstSeq: number; delta: StoreDelta } | undefined {
    const { size, messages } = this.#delta;
    if (this.#removed || (this.#appended.length === 0 && size === 0 && messages === 0)) return undefined;
    return { changes: this.#appended, firstSeq: this.#locked.change_seq + 1, delta: this.#delta };
  }

  #requireTold(told: Told): void {
    if (typeof told === 'number' && (told <= this.#locked.change_seq || told > this.changeSeq))
      throw new Error(`change ${told} is none that this transaction appends to store ${this.store}`);
  }
}

export type { LockedStore };

/** The tables as statements see them that write rows of several locked stores at a time. Such a statement names the tenant and the rows. */
export type LockedTables = Pick<UnguardedDatabase, 'insertInto' | 'updateTable' | 'deleteFrom' | 'executeQuery'>;

/** Opens the tables for statements that write rows of several locked stores, which all belong to one transaction. */
export function tablesOf([first, ...others]: readonly LockedStore[], _told: Told): LockedTables {
  if (!first || others.some(({ tx }) => tx !== first.tx)) throw new Error('no stores that one transaction has locked');
  return unguarded(first.tx);
}

const lockQuery = (tx: Database, tenant: TenantId, stores: readonly StoreId[]) =>
  tx
    .selectFrom(storesByPrimaryKey)
    .select(['stores.id', 'stores.tenant_id', 'stores.change_seq', 'stores.size'])
    .where('stores.id', 'in', stores)
    .where('stores.tenant_id', '=', tenant)
    .orderBy('stores.id')
    .forUpdate();

declare const lockRow: unique symbol;

/** What the lock's own statement reads of a store. */
export type StoreLockRow = InferResult<ReturnType<typeof lockQuery>>[number] & { readonly [lockRow]: true };

const lockText = new StatementCache<StoreLockRow>();

/**
 * The statement that locks stores of a tenant, in the order of their ids whatever the order in which they are given. It reads nothing else:
 * a join may lock rows of another table first, and stores in its order.
 */
export const lockStatement = (tx: Database, tenant: TenantId, stores: readonly StoreId[]): Statement<StoreLockRow> =>
  lockText.of(tx, stores.length, [...stores, tenant], () => lockQuery(tx, tenant, stores).$castTo<StoreLockRow>());

/** The transaction that locks stores. */
export interface LockingTransaction {
  tx: Database;
  /** When its changes are made: milliseconds since 1970 (UTC). Left out where it appends none. */
  now?: number;
  /** Carries statements out at once, where it is left out. */
  write?: Writer;
}

/** Runs work on stores that {@link lockStatement} has locked, then appends their changes and writes their counters: one INSERT, and one UPDATE for each tenant. */
export async function withLockedRows<T>(
  { tx, now, write = writeNow }: LockingTransaction,
  rows: readonly StoreLockRow[],
  work: (stores: LockedStore[]) => Promise<T>,
): Promise<T> {
  const stores = rows.map((row) => new LockedStore(tx, row, write));
  const result = await work(stores);
  await writePending(tx, stores, now, write);
  return result;
}

/** Locks stores of a tenant, in the order of their ids, and runs work on them; one that is not there is not among them. */
export async function withLockedStores<T>(
  transaction: LockingTransaction,
  tenant: TenantId,
  stores: readonly StoreId[],
  work: (stores: LockedStore[]) => Promise<T>,
): Promise<T> {
  const rows = stores.length === 0 ? [] : await lockStatement(transaction.tx, tenant, stores).execute();
  return withLockedRows(transaction, rows, work);
}

/** Locks one store and runs work on it. Throws NOT_FOUND when the tenant has no such store. */
export const withLockedStore = <T>(
  transaction: LockingTransaction,
  ref: StoreRef,
  work: (store: LockedStore) => Promise<T>,
): Promise<T> =>
  withLockedStores(transaction, ref.tenant, [ref.store], async ([store]) => {
    if (!store) throw new PamojaError('NOT_FOUND', 'no such store');
    return work(store);
  });

/** Runs work under a store's lock in a transaction of its own, and signals the changes that it appended. Throws NOT_FOUND when the tenant has no such store. */
export async function changeStore<T>(
  context: Pick<StoreContext, 'db' | 'clock' | 'signalChanges'>,
  ref: StoreRef,
  work: (store: LockedStore) => Promise<T>,
): Promise<T> {
  const { result, changed } = await inTransaction(context.db, (tx) =>
    withLockedStore({ tx, now: context.clock() }, ref, async (store) => {
      const before = store.changeSeq;
      return { result: await work(store), changed: store.changeSeq > before };
    }),
  );
  if (changed) context.signalChanges([ref.store]);
  return result;
}

/** Makes a store; nobody else sees its row before the commit, so that it is locked by whoever has made it. Gives its id. */
export async function createStoreRow(
  { tx, now, write = writeNow }: LockingTransaction & { now: number },
  row: Omit<Insertable<StoresTable>, 'id' | 'created_at' | 'change_seq' | 'size' | 'message_count'>,
  work: (store: LockedStore) => Promise<void>,
): Promise<StoreRef> {
  const inserted = await unguarded(tx)
    .insertInto('stores')
    .values({ ...row, created_at: now })
    .executeTakeFirstOrThrow();
  const locked = { id: Number(inserted.insertId), tenant_id: row.tenant_id, change_seq: 0, size: 0 } as StoreLockRow;
  await withLockedRows({ tx, now, write }, [locked], async (stores) => {
    for (const store of stores) await work(store);
  });
  return { tenant: locked.tenant_id as TenantId, store: locked.id as StoreId };
}

async function writePending(
  tx: Database,
  stores: readonly LockedStore[],
  now: number | undefined,
  write: Writer,
): Promise<void> {
  const rows: ChangeRow[] = [];
  const counted = new Map<number, Map<number, { seq: number; delta: StoreDelta }>>();
  for (const { tenant, store, changeSeq, pending } of pendingOf(stores)) {
    for (const [i, change] of pending.changes.entries()) {
      if (now === undefined) throw new Error('a change has no time: the lock was taken without one');
      rows.push({ ...change, tenant, store, seq: pending.firstSeq + i, at: now });
    }
    const ofTenant = counted.get(tenant) ?? new Map();
    counted.set(tenant, ofTenant.set(store, { seq: changeSeq, delta: pending.delta }));
  }
  await insertChanges(unguarded(tx), rows, write);
  for (const [tenant, group] of counted) {
    const each = (value: (of: { seq: number; delta: StoreDelta }) => number) =>
      caseExpression('id', new Map([...group].map(([store, of]) => [store, value(of)])));
    await write(
      unguarded(tx)
        .updateTable(storesByPrimaryKey)
        .set({
          change_seq: each(({ seq }) => seq),
          size: sql<number>`\`size\` + ${each(({ delta }) => delta.size)}`,
          message_count: sql<number>`\`message_count\` + ${each(({ delta }) => delta.messages)}`,
        })
        .where('tenant_id', '=', tenant)
        .where('id', 'in', [...group.keys()]),
    );
  }
}

const pendingOf = (stores: readonly LockedStore[]) =>
  stores.flatMap((store) => {
    const pending = store.pending();
    return pending ? [{ tenant: store.tenant, store: store.store, changeSeq: store.changeSeq, pending }] : [];
  });
