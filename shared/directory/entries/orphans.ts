import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { Clock } from '../../platform/clock.ts';
import type { StoreId, TenantId } from '../../store/engine/ids.ts';
import { withLockedStore } from '../../store/engine/store-lock.ts';
import { storeIdOfUser } from '../../store/stores/store-ids-of-user.ts';
import { createStore } from '../../store/trees/create-store.ts';
import { giveStore, leaveStore } from '../../store/trees/store-ownership.ts';
import { lockTenant } from '../tenants/tenants.ts';
import { canonicalAddress } from './addresses.ts';
import { userId } from './user-id.ts';

/** A store whose user was deleted or got another store. */
export interface Orphan {
  /** 32 hexadecimal digits. */
  guid: string;
  formerLogin: string;
  /** Bytes. */
  size: number;
  /** The last change to a message in it; milliseconds since 1970 (UTC). */
  modifiedAt: number | null;
}

/** Stores without users (`kopano-admin --list-orphans`) that are not marked for removal. */
export async function listOrphans(db: Database, tenant: TenantId): Promise<Orphan[]> {
  const rows = await db
    .selectFrom('stores')
    .leftJoin('changes', (join) =>
      join
        .onRef('changes.tenant_id', '=', 'stores.tenant_id')
        .onRef('changes.store_id', '=', 'stores.id')
        .onRef('changes.seq', '=', 'stores.change_seq'),
    )
    .select(['stores.guid', 'stores.former_login', 'stores.size', 'changes.at'])
    .where('stores.tenant_id', '=', tenant)
    .where('stores.former_login', 'is not', null)
    .where('stores.removed_at', 'is', null)
    .orderBy('stores.id')
    .execute();
  return rows.map((row) => ({
    guid: row.guid.toString('hex'),
    formerLogin: row.former_login ?? '',
    size: row.size,
    modifiedAt: row.at,
  }));
}

/** Users without a store (manual 8.2.3). */
export async function listStoreless(db: Database, tenant: TenantId): Promise<string[]> {
  const rows = await db
    .selectFrom('users')
    .leftJoin('stores', (join) =>
      join.onRef('stores.tenant_id', '=', 'users.tenant_id').onRef('stores.user_id', '=', 'users.id'),
    )
    .select('users.login')
    .where('users.tenant_id', '=', tenant)
    .where('stores.id', 'is', null)
    .orderBy('users.login')
    .execute();
  return rows.map((row) => row.login);
}

/**
 * Gives an orphaned store to a user; the store that the user had becomes an orphan in its place, unless it was never used (manual 8.2.3). Throws NOT_FOUND when the
 * tenant has no such orphan or no such user.
 */
export async function hookStore(tx: Database, tenant: TenantId, guid: Buffer, login: string): Promise<void> {
  await lockTenant(tx, tenant);
  const name = canonicalAddress(login);
  const user = await userId(tx, tenant, name);
  const store = await orphanedStore(tx, tenant, guid);
  await giveStore(tx, { tenant, store }, { user, kind: 'private', name });
}

/** Throws NOT_FOUND. */
async function orphanedStore(db: Database, tenant: TenantId, guid: Buffer): Promise<StoreId> {
  const row = await db
    .selectFrom('stores')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('guid', '=', guid)
    .where('former_login', 'is not', null)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such orphaned store');
  return row.id as StoreId;
}

/** Takes a user's store away; it becomes an orphan (`--unhook-store`). Throws NOT_FOUND when there is none. */
export async function unhookStore(tx: Database, tenant: TenantId, login: string): Promise<void> {
  await lockTenant(tx, tenant);
  const store = await storeIdOfUser(tx, tenant, await userId(tx, tenant, login));
  if (store === undefined) throw new PamojaError('NOT_FOUND', 'the user has no store');
  await leaveStore(tx, { tenant, store }, canonicalAddress(login));
}

/** Makes a store for a user who has none (`--create-store`). Throws COLLISION when there is one. */
export async function createStoreFor(
  tx: Database,
  clock: Clock,
  tenant: TenantId,
  login: string,
  locale: string,
): Promise<void> {
  await lockTenant(tx, tenant);
  const user = await userId(tx, tenant, login);
  if ((await storeIdOfUser(tx, tenant, user)) !== undefined) throw new PamojaError('COLLISION', 'the user has a store');
  await createStore(tx, tenant, user, locale, clock());
}

/** Marks an orphan for removal, which follows after the soft-delete lifetime (manual 8.2.3). Throws NOT_FOUND. */
export async function removeOrphan(tx: Database, clock: Clock, tenant: TenantId, guid: Buffer): Promise<void> {
  await lockTenant(tx, tenant);
  const store = await orphanedStore(tx, tenant, guid);
  await withLockedStore({ tx }, { tenant, store }, (locked) => locked.update({ removed_at: clock() }));
}
