import type { Selectable } from 'kysely';
import type { Database } from '../../database/database.ts';
import type { StoresTable } from '../../database/schema.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { PropertyBag } from '../../mapi/property.ts';
import { changeBag } from '../../mapi/property-bag.ts';
import { decodePropertyDocument, encodePropertyDocument } from '../../mapi/property-document.ts';
import type { PropertyTag } from '../../mapi/property-tags.ts';
import type { StoreContext } from '../engine/context.ts';
import type { StoreId, StoreRef, TenantId, UserId } from '../engine/ids.ts';
import { changeStore } from '../engine/store-lock.ts';

/** A store, as its row has it. */
export interface MapiStore extends StoreRef {
  guid: Buffer;
  /** The last 16 bytes of its own entry id. */
  recordGuid: Buffer;
  kind: 'private' | 'public' | 'archive';
  /** Its owner; null for a public store and for an orphan. */
  user: UserId | null;
  size: number;
  properties: PropertyBag;
  createdAt: number;
  modifiedAt: number;
  changeSeq: number;
  /** When its user logged on and off last; 0: never. */
  logonAt: number;
  logoffAt: number;
}

/** The tenants that a lookup may see; `all` is for the system itself. */
export type TenantScope = readonly TenantId[] | 'all';

/** The tenants of a scope for an SQL `IN`, which takes no empty list: tenant 0 does not exist. */
export const tenantsOf = (scope: TenantScope): TenantId[] =>
  scope === 'all' || scope.length === 0 ? [0 as TenantId] : [...scope];

/** The columns that {@link storeOf} needs. */
export const STORE_COLUMNS = [
  'tenant_id',
  'id',
  'guid',
  'record_guid',
  'kind',
  'user_id',
  'archive_user_id',
  'size',
  'properties',
  'created_at',
  'modified_at',
  'change_seq',
  'logon_at',
  'logoff_at',
] as const;

type StoreRow = Pick<Selectable<StoresTable>, (typeof STORE_COLUMNS)[number]>;

const rows = (db: Database, scope: TenantScope) =>
  db
    .selectFrom('stores')
    .select([...STORE_COLUMNS, 'former_login'])
    .where('removed_at', 'is', null)
    .$if(scope !== 'all', (query) => query.where('tenant_id', 'in', tenantsOf(scope)));

export const storeOf = (row: StoreRow): MapiStore => ({
  tenant: row.tenant_id as TenantId,
  store: row.id as StoreId,
  guid: row.guid,
  recordGuid: row.record_guid ?? row.guid,
  kind: row.kind as MapiStore['kind'],
  user: (row.user_id ?? row.archive_user_id) as UserId | null,
  size: row.size,
  properties: row.properties ? decodePropertyDocument(row.properties) : new Map(),
  createdAt: row.created_at,
  modifiedAt: row.modified_at || row.created_at,
  changeSeq: row.change_seq,
  logonAt: row.logon_at,
  logoffAt: row.logoff_at,
});

/** A store by its GUID. Throws NOT_FOUND for one outside the scope too. */
export async function storeByGuid(db: Database, scope: TenantScope, guid: Buffer): Promise<MapiStore> {
  const row = await rows(db, scope).where('guid', '=', guid).executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such store');
  return storeOf(row);
}

/** A store with the login of its former owner, for an orphan. */
export interface ListedStore extends MapiStore {
  formerLogin: string;
}

/** All stores of the tenants of a scope, by their ids; stores that are marked for removal are left out. */
export async function listStores(db: Database, scope: TenantScope): Promise<ListedStore[]> {
  const found = await rows(db, scope).orderBy('id').execute();
  return found.map((row) => ({ ...storeOf(row), formerLogin: row.former_login ?? '' }));
}

/** The private store of a user, or the archive. */
export async function storeOfUser(
  db: Database,
  tenant: TenantId,
  user: UserId,
  kind: 'private' | 'archive' = 'private',
): Promise<MapiStore | undefined> {
  const row = await rows(db, [tenant])
    .where(kind === 'archive' ? 'archive_user_id' : 'user_id', '=', user)
    .where('kind', '=', kind)
    .executeTakeFirst();
  return row && storeOf(row);
}

export async function publicStoreOf(db: Database, tenant: TenantId): Promise<MapiStore | undefined> {
  const row = await rows(db, [tenant])
    .where('kind', '=', 'public')
    .where('former_login', 'is', null)
    .executeTakeFirst();
  return row && storeOf(row);
}

/** Sets and removes properties of a store. Returns the new modification time in milliseconds since 1970 (UTC). */
export async function changeStoreProperties(
  context: StoreContext,
  store: MapiStore,
  set: PropertyBag,
  removed: readonly PropertyTag[],
): Promise<number> {
  const now = context.clock();
  await changeStore(context, store, async (locked) => {
    const row = await locked.tx
      .selectFrom('stores')
      .select('properties')
      .where('tenant_id', '=', store.tenant)
      .where('id', '=', store.store)
      .executeTakeFirstOrThrow();
    await locked.update({ properties: changedBag(row.properties, set, removed), modified_at: now });
  });
  return now;
}

/** A property document with some properties set and others removed. */
export function changedBag(document: Buffer | null, set: PropertyBag, removed: readonly PropertyTag[]): Buffer {
  const bag = document ? decodePropertyDocument(document) : new Map();
  return encodePropertyDocument(changeBag(bag, set, removed));
}
