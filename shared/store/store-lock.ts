import { sql } from 'kysely';
import { KopanoError } from '../mapi/error.ts';
import type { Database } from '../platform/database.ts';
import type { StoreId, StoreRef } from './ids.ts';

/** A store whose row this transaction has locked. All changes to a store happen under this lock, one transaction at a time. */
export interface LockedStore extends StoreRef {
  /** The last change number given out. */
  changeSeq: number;
  size: number;
}

/** Locks one store. Throws NOT_FOUND when the tenant has no such store. */
export async function lockStore(tx: Database, ref: StoreRef): Promise<LockedStore> {
  const row = await tx
    .selectFrom('stores')
    .select(['change_seq', 'size'])
    .where('tenant_id', '=', ref.tenant)
    .where('id', '=', ref.store)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw new KopanoError('NOT_FOUND', 'no such store');
  return { ...ref, changeSeq: row.change_seq, size: row.size };
}

/** Locks several stores, always in the order of their ids, so that two transactions never wait for each other in a circle. */
export async function lockStores(tx: Database, refs: readonly StoreRef[]): Promise<Map<StoreId, LockedStore>> {
  const locked = new Map<StoreId, LockedStore>();
  const ordered = [...refs].sort((a, b) => a.store - b.store);
  for (const group of sameTenantRuns(ordered)) {
    const tenant = group[0]?.tenant;
    if (tenant === undefined) continue;
    const rows = await tx
      .selectFrom('stores')
      .select(['id', 'change_seq', 'size'])
      .where('tenant_id', '=', tenant)
      .where('id', 'in', group.map((ref) => ref.store))
      .orderBy('id')
      .forUpdate()
      .execute();
    for (const row of rows) locked.set(row.id as StoreId, { tenant, store: row.id as StoreId, changeSeq: row.change_seq, size: row.size });
  }
  return locked;
}

function sameTenantRuns(refs: readonly StoreRef[]): StoreRef[][] {
  const runs: StoreRef[][] = [];
  for (const ref of refs) {
    const run = runs.at(-1);
    if (run?.[0]?.tenant === ref.tenant) run.push(ref);
    else runs.push([ref]);
  }
  return runs;
}

/** Writes back what a transaction did to a locked store. `changeSeq` is the last number that it used. */
export async function updateStore(tx: Database, store: LockedStore, changeSeq: number, delta: { size: number; messages: number }): Promise<void> {
  await tx
    .updateTable('stores')
    .set({
      change_seq: changeSeq,
      size: sql<number>`\`size\` + ${delta.size}`,
      message_count: sql<number>`\`message_count\` + ${delta.messages}`,
    })
    .where('tenant_id', '=', store.tenant)
    .where('id', '=', store.store)
    .execute();
}
