import type { Database } from '../../database/database.ts';
import { collisionIfTaken } from '../../database/duplicate-key.ts';
import { PamojaError } from '../../mapi/error.ts';
import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import { newGuid, type StoreId, type StoreRef, type TenantId, type UserId } from '../engine/ids.ts';
import {
  changeStore,
  createStoreRow,
  type LockedStore,
  withLockedStore,
  withLockedStores,
} from '../engine/store-lock.ts';
import { insertFolder } from '../folders/create-folder.ts';
import type { MapiStore } from '../stores/stores.ts';
import { removeSyncs } from '../stores/sync-states.ts';

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
  tx: Database,
  context: Pick<StoreContext, 'clock' | 'options'>,
  { tenant, user, kind }: { tenant: TenantId; user: UserId | null; kind: MapiStore['kind'] },
  guids: StoreGuids,
): Promise<StoreRef> {
  const there = await tx
    .selectFrom('stores')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('kind', '=', kind)
    .where('removed_at', 'is', null)
    .$if(user !== null, (query) => query.where(ownerColumn(kind), '=', user))
    .$if(user === null, (query) => query.where('former_login', 'is', null))
    .executeTakeFirst();
  const now = context.clock();
  if (there) await withLockedStore({ tx }, { tenant, store: there.id as StoreId }, removePristine);
  const row = {
    tenant_id: tenant,
    ...owner(kind, user),
    kind,
    guid: guids.guid ?? newGuid(now),
    record_guid: guids.recordGuid ?? null,
    inbox_folder_id: null,
    locale: context.options.default_store_locale,
  };
  return collisionIfTaken(
    'the store is there already',
    createStoreRow({ tx, now }, row, async (store) => {
      await insertFolder(store, { parent: null, name: 'root', role: 'root', guid: guids.rootGuid }, now);
    }),
  );
}

/** Whether nothing has happened in a store since it was made. */
async function isPristine(tx: Database, { tenant, store }: StoreRef): Promise<boolean> {
  const { properties } = await tx
    .selectFrom('stores')
    .select('properties')
    .where('tenant_id', '=', tenant)
    .where('id', '=', store)
    .executeTakeFirstOrThrow();
  if (properties) return false;
  for (const table of ['messages', 'acls', 'annotations', 'receive_folders', 'outgoing_queue'] as const) {
    const used = await tx
      .selectFrom(table)
      .select('tenant_id')
      .where('tenant_id', '=', tenant)
      .where('store_id', '=', store)
      .limit(1)
      .executeTakeFirst();
    if (used) return false;
  }
  const changed = await tx
    .selectFrom('changes')
    .select('seq')
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('kind', '!=', CHANGE.FOLDER_NEW)
    .limit(1)
    .executeTakeFirst();
  return !changed;
}

/** Removes a store in which nothing has happened since it was made. Throws COLLISION for any other. */
async function removePristine(store: LockedStore): Promise<void> {
  const { tx, tenant } = store;
  if (!(await isPristine(tx, store))) throw new PamojaError('COLLISION', 'there is such a store already');
  while ((await store.deleteChanges(10_000)) > 0);
  await tx.deleteFrom('syncs').where('tenant_id', '=', tenant).where('store_id', '=', store.store).execute();
  await store.folders('store removed').delete().execute();
  await store.remove();
}

/** Who a store is given to: a user, or (null) the tenant; and the name that the store which was there is known by as an orphan. */
export interface NewOwner {
  user: UserId | null;
  kind: MapiStore['kind'];
  name: string;
}

/**
 * Gives a store that nobody has to an owner. The one that the owner had becomes an orphan (manual 8.2.3), or goes if nothing has ever
 * happened in it. Throws COLLISION for a store that has an owner, and NOT_FOUND for one that is gone.
 */
export async function giveStore(
  tx: Database,
  { tenant, store }: StoreRef,
  { user, kind, name }: NewOwner,
): Promise<void> {
  const ownedNow = async () =>
    (
      await tx
        .selectFrom('stores')
        .select('id')
        .where('tenant_id', '=', tenant)
        .where('kind', '=', kind)
        .where(ownerColumn(kind), user === null ? 'is' : '=', user)
        .where('id', '!=', store)
        .where('former_login', 'is', null)
        .where('removed_at', 'is', null)
        .execute()
    ).map(({ id }) => id as StoreId);
  const owned = await ownedNow();
  await withLockedStores({ tx }, tenant, [...owned, store], async (locked) => {
    await requireUnowned(tx, { tenant, store });
    // Another transaction may have given one away before this one had its lock.
    const stillOwned = await ownedNow();
    for (const each of locked.filter(({ store: id }) => owned.includes(id) && stillOwned.includes(id))) {
      if (await isPristine(tx, each)) await removePristine(each);
      else await orphan(each, name);
    }
    const given = locked.find(({ store: id }) => id === store);
    if (!given) throw new PamojaError('NOT_FOUND', 'no such store');
    await removeSyncs(tx, given);
    await given.update({ ...owner(kind, user), kind, former_login: null });
  });
}

/** What was known of a store before it was locked may be so no more: two may want to have the same orphan. */
async function requireUnowned(tx: Database, { tenant, store }: StoreRef): Promise<void> {
  const row = await tx
    .selectFrom('stores')
    .select(['kind', 'user_id', 'archive_user_id', 'former_login'])
    .where('tenant_id', '=', tenant)
    .where('id', '=', store)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such store');
  if (row.user_id !== null || row.archive_user_id !== null) throw new PamojaError('COLLISION', 'the store has a user');
  // A public store has no user; one that is in use is nobody's former one.
  if (row.kind === 'public' && row.former_login === null)
    throw new PamojaError('COLLISION', "the store is the company's");
}

/** Takes a store from whoever has it; it becomes an orphan that remembers whose it was. */
export const leaveStore = (tx: Database, ref: StoreRef, formerLogin: string): Promise<void> =>
  withLockedStore({ tx }, ref, (store) => orphan(store, formerLogin));

async function orphan(store: LockedStore, formerLogin: string): Promise<void> {
  await removeSyncs(store.tx, store);
  await store.update({ user_id: null, archive_user_id: null, former_login: formerLogin });
}

/**
 * Marks an orphaned store for removal, which follows after the soft-delete lifetime (manual 8.2.3). Throws COLLISION for one that has a user
 * by now, and NOT_FOUND for one that is gone.
 */
export const markStoreRemoved = (context: StoreContext, ref: StoreRef): Promise<void> =>
  changeStore(context, ref, async (store) => {
    const owners = await store.tx
      .selectFrom('stores')
      .select(['user_id', 'archive_user_id'])
      .where('tenant_id', '=', store.tenant)
      .where('id', '=', store.store)
      .executeTakeFirst();
    if (owners?.user_id !== null || owners.archive_user_id !== null)
      throw new PamojaError('COLLISION', 'the store has a user');
    await store.update({ removed_at: context.clock() });
  });
