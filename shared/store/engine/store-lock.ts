import { type InferResult, sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import type { StoresTable } from '../../database/schema.ts';
import { type Statement, StatementCache } from '../../database/statement-cache.ts';
import { type Writer, writeNow } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { StoreId, StoreRef, TenantId } from './ids.ts';

/**
 * The table of stores as every statement names it that locks or changes its rows. A row is locked in the index by which it was found, and
 * then in the primary key: two statements that find one row by different indexes wait for each other in a circle. The optimizer is not asked.
 */
export const storesByPrimaryKey = sql<StoresTable>`\`stores\``.as<'stores'>(sql`\`stores\` FORCE INDEX (PRIMARY)`);

/** A store whose row this transaction has locked. All changes to a store happen under this lock, one transaction at a time. */
export interface LockedStore extends StoreRef {
  /** The last change number given out. */
  changeSeq: number;
  size: number;
}

const lockQuery = (tx: Database, tenant: TenantId, stores: readonly StoreId[]) =>
  tx
    .selectFrom(storesByPrimaryKey)
    .select(['stores.id', 'stores.change_seq', 'stores.size'])
    .where('stores.id', 'in', stores)
    .where('stores.tenant_id', '=', tenant)
    .orderBy('stores.id')
    .forUpdate();

const lockText = new StatementCache<InferResult<ReturnType<typeof lockQuery>>[number]>();

/**
 * The statement that locks stores of a tenant, in the order of their ids whatever the order in which they are given. It reads nothing else:
 * a join may lock rows of another table first, and stores in its order.
 */
export function lockStatement(
  tx: Database,
  tenant: TenantId,
  stores: readonly StoreId[],
): Statement<{ id: number; change_seq: number; size: number }> {
  return lockText.of(tx, stores.length, [...stores, tenant], () => lockQuery(tx, tenant, stores));
}

/** Locks stores of a tenant, in the order of their ids; one that is not there is not in the answer. */
export async function lockStores(tx: Database, tenant: TenantId, stores: readonly StoreId[]): Promise<LockedStore[]> {
  const rows = await lockStatement(tx, tenant, stores).execute();
  return rows.map(({ id, change_seq, size }) => ({ tenant, store: id as StoreId, changeSeq: change_seq, size }));
}

/** Locks one store. Throws NOT_FOUND when the tenant has no such store. */
export async function lockStore(tx: Database, ref: StoreRef): Promise<LockedStore> {
  const [store] = await lockStores(tx, ref.tenant, [ref.store]);
  if (!store) throw new PamojaError('NOT_FOUND', 'no such store');
  return store;
}

/** Writes back what a transaction did to a locked store. `changeSeq` is the last number that it used. */
export async function updateStore(
  tx: Database,
  store: LockedStore,
  changeSeq: number,
  delta: { size: number; messages: number },
  write: Writer = writeNow,
): Promise<void> {
  const statement = tx
    .updateTable(storesByPrimaryKey)
    .set({
      change_seq: changeSeq,
      size: sql<number>`\`size\` + ${delta.size}`,
      message_count: sql<number>`\`message_count\` + ${delta.messages}`,
    })
    .where('tenant_id', '=', store.tenant)
    .where('id', '=', store.store);
  await write(statement);
}
