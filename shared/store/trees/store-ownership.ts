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

/** The GUIDs of a new store that a client has chosen; its entry ids contain them. */
export interface StoreGuids {
  guid: Buffer | undefined;
  recordGuid: Buffer | undefined;
  rootGuid: Buffer | undefined;
}

/**
 * Makes a store with only a root folder, for a client that fills it. It takes the place of a store that was never used.
 * Throws COLLISION where the owner has a store that is used.
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

/** Whether nothing has been changed in a store since it was made. */
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

/** Removes a store in which nothing has been changed since it was made. Throws COLLISION for any other. */
async function removePristine(store: LockedStore): Promise<void> {
  const { tx, tenant } = store;
  if (!(await isPristine(tx, store))) throw new PamojaError('COLLISION', 'there is such a store already');
  while ((await store.deleteChanges(10_000)) > 0);
  await tx.deleteFrom('syncs').where('tenant_id', '=', tenant).where('store_id', '=', store.store).execute();
  await store.folders('store removed').delete().execute();
  await store.remove();
}

/** The new owner of a store: a user, or null for the tenant. `name` is kept with the store that the owner had, which becomes an orphan. */
export interface NewOwner {
  user: UserId | null;
  kind: MapiStore['kind'];
  name: string;
}

/**
 * Gives an orphaned store to an owner. The store that the owner had becomes an orphan (manual 8.2.3), or is removed where nothing was ever
 * changed in it. Throws COLLISION for a store that has an owner, and NOT_FOUND for one that is gone.
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

/** Checks under the lock that a store is an orphan: another transaction may have given it away. Throws NOT_FOUND and COLLISION. */
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
  // A public store has no user; it is an orphan when it has a former login.
  if (row.kind === 'public' && row.former_login === null)
    throw new PamojaError('COLLISION', "the store is the tenant's");
}

/** Makes a store an orphan, which keeps the login of its former owner. */
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
