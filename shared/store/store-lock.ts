import { sql } from 'kysely';
import { KopanoError } from '../mapi/error.ts';
import type { Database } from '../platform/database.ts';
import type { StoreRef } from './ids.ts';

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

/** Writes back what a transaction did to a locked store. `changeSeq` is the last number that it used. */
export async function updateStore(
  tx: Database,
  store: LockedStore,
  changeSeq: number,
  delta: { size: number; messages: number },
): Promise<void> {
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
