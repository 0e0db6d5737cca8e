import { KopanoError } from '../mapi/error.ts';
import type { Database } from '../platform/database.ts';
import { inTransaction } from '../platform/transaction.ts';
import { unlessTaken } from '../platform/unless-taken.ts';
import { appendChanges, CHANGE } from './changes.ts';
import type { StoreContext } from './context.ts';
import { newGuid, type StoreId, type StoreRef, type TenantId, type UserId } from './ids.ts';
import { insertFolder } from './insert-folder.ts';
import type { MapiStore } from './mapi-stores.ts';
import { lockStore, lockStores, storesByPrimaryKey } from './store-lock.ts';

const ownerColumn = (kind: MapiStore['kind']) =>
  (kind === 'archive' ? 'archive_user_id' : 'user_id') as 'user_id' | 'archive_user_id';

const owner = (kind: MapiStore['kind'], user: UserId | null) =>
  kind === 'archive' ? { user_id: null, archive_user_id: user } : { user_id: user };

/** What a client wants the entry ids of a new store to be made of. */
export interface StoreGuids {
  guid: Buffer | undefined;
  recordGuid: Buffer | undefined;
  rootGuid: Buffer | undefined;
}

/**
 * Makes a store with nothing but its root, for a client that fills it. The store that came with a user and was never used steps aside.
 * Throws COLLISION where there is one that is used.
 */
export async function makeStore(
  context: StoreContext,
  tenant: TenantId,
  user: UserId | null,
  kind: MapiStore['kind'],
  guids: StoreGuids,
): Promise<StoreRef> {
  return inTransaction(context.db, async (tx) => {
    const there = await tx
      .selectFrom('stores')
      .select('id')
      .where('tenant_id', '=', tenant)
      .where('kind', '=', kind)
      .where('removed_at', 'is', null)
      .$if(user !== null, (query) => query.where(ownerColumn(kind), '=', user))
      .$if(user === null, (query) => query.where('former_login', 'is', null))
      .executeTakeFirst();
    if (there) await removePristine(tx, { tenant, store: there.id as StoreId });
    const now = context.clock();
    const inserted = await unlessTaken(
      'the store is there already',
      tx
        .insertInto('stores')
        .values({
          tenant_id: tenant,
          ...owner(kind, user),
          kind,
          guid: guids.guid ?? newGuid(now),
          record_guid: guids.recordGuid ?? null,
          inbox_folder_id: null,
          locale: context.options.default_store_locale,
          created_at: now,
        })
        .executeTakeFirstOrThrow(),
    );
    const ref: StoreRef = { tenant, store: Number(inserted.insertId) as StoreId };
    const root = await insertFolder(tx, ref, {
      parent: null,
      name: 'root',
      role: 'root',
      containerClass: '',
      subscribed: false,
      now,
    });
    if (guids.rootGuid)
      await tx
        .updateTable('folders')
        .set({ guid: guids.rootGuid })
        .where('tenant_id', '=', tenant)
        .where('id', '=', root)
        .execute();
    await appendChanges(tx, ref, 1, now, [{ kind: CHANGE.FOLDER_NEW, folder: root }]);
    await tx
      .updateTable(storesByPrimaryKey)
      .set({ change_seq: 1 })
      .where('tenant_id', '=', tenant)
      .where('id', '=', ref.store)
      .execute();
    return ref;
  });
}

/** Removes a store in which nothing has happened since it was made. Throws COLLISION for any other. */
async function removePristine(tx: Database, { tenant, store }: StoreRef): Promise<void> {
  await lockStore(tx, { tenant, store });
  const used = await tx
    .selectFrom('messages')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .limit(1)
    .executeTakeFirst();
  const changed = await tx
    .selectFrom('changes')
    .select('seq')
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('kind', '!=', CHANGE.FOLDER_NEW)
    .limit(1)
    .executeTakeFirst();
  const row = await tx
    .selectFrom('stores')
    .select('properties')
    .where('tenant_id', '=', tenant)
    .where('id', '=', store)
    .executeTakeFirstOrThrow();
  if (used || changed || row.properties) throw new KopanoError('COLLISION', 'there is such a store already');
  await tx.deleteFrom('changes').where('tenant_id', '=', tenant).where('store_id', '=', store).execute();
  await tx.deleteFrom('folders').where('tenant_id', '=', tenant).where('store_id', '=', store).execute();
  await tx.deleteFrom('stores').where('tenant_id', '=', tenant).where('id', '=', store).execute();
}

/** Marks an orphaned store for removal, which follows after the soft-delete lifetime (manual 8.2.3). */
export async function markStoreRemoved(context: StoreContext, { tenant, store }: StoreRef): Promise<void> {
  await context.db
    .updateTable(storesByPrimaryKey)
    .set({ removed_at: context.clock() })
    .where('tenant_id', '=', tenant)
    .where('id', '=', store)
    .execute();
}

/** Gives an orphaned store to a user (null: to the company), whose own steps aside. Throws COLLISION for one that has a user. */
export async function hookPrivateStore(
  context: StoreContext,
  { tenant, store, user: before }: MapiStore,
  user: UserId | null,
  kind: MapiStore['kind'],
  name: string,
): Promise<void> {
  if (before !== null) throw new KopanoError('COLLISION', 'the store has a user');
  await inTransaction(context.db, async (tx) => {
    const owned = await tx
      .selectFrom('stores')
      .select('id')
      .where('tenant_id', '=', tenant)
      .where('kind', '=', kind)
      .where(ownerColumn(kind), user === null ? 'is' : '=', user)
      .where('id', '!=', store)
      .where('former_login', 'is', null)
      .execute();
    const ids = [...owned.map(({ id }) => id as StoreId), store];
    await lockStores(tx, tenant, ids);
    await tx
      .updateTable(storesByPrimaryKey)
      .set({ ...owner(kind, null), former_login: name })
      .where('tenant_id', '=', tenant)
      .where('id', 'in', ids)
      .where('id', '!=', store)
      // Another transaction may have given one away before this one had its lock.
      .where(ownerColumn(kind), user === null ? 'is' : '=', user)
      .execute();
    await tx
      .updateTable(storesByPrimaryKey)
      .set({ ...owner(kind, user), kind, former_login: null })
      .where('tenant_id', '=', tenant)
      .where('id', '=', store)
      .execute();
  });
}

/** Takes a store away from whoever has it; it becomes an orphan. */
export async function unhookAnyStore(
  context: StoreContext,
  { tenant, store }: StoreRef,
  formerLogin: string,
): Promise<void> {
  await context.db
    .updateTable(storesByPrimaryKey)
    .set({ user_id: null, archive_user_id: null, former_login: formerLogin })
    .where('tenant_id', '=', tenant)
    .where('id', '=', store)
    .execute();
}
