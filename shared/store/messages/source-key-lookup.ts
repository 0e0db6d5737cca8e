import type { Database } from '../../database/database.ts';
import { guidOfSourceKey } from '../engine/derived-source-key.ts';
import type { FolderId, StoreId, StoreRef, TenantId } from '../engine/ids.ts';
import { type Folder, folderById } from '../folders/folder.ts';
import { storeGuid } from '../stores/store-guid.ts';
import { type TenantScope, tenantsOf } from '../stores/stores.ts';
import { factsOf, MESSAGE_COLUMNS, type MessageFacts, VIEW } from './message-facts.ts';

/**
 * Finds the live folders with a source key in the stores of some tenants, and the GUIDs of their stores, the oldest first. A source key is unique in
 * a tenant, except among folders from before it had to be; tenants that see each other may have one each.
 */
export async function foldersBySourceKey(
  db: Database,
  scope: TenantScope,
  key: Buffer,
): Promise<{ storeGuid: Buffer; folder: Folder }[]> {
  if (key.length === 0) return [];
  const guid = guidOfSourceKey(key);
  const live = db
    .selectFrom('folders')
    .select(['id', 'tenant_id', 'store_id'])
    .$if(scope !== 'all', (query) => query.where('tenant_id', 'in', tenantsOf(scope)))
    .where('deleted_at', '=', 0);
  const given = live.where('source_key', '=', key);
  // Each half has an index of its own, which an OR of both would not use.
  const rows = await (guid
    ? given.unionAll(live.where('guid', '=', guid).where('source_key', 'is', null))
    : given
  ).execute();
  return Promise.all(
    rows
      .sort((a, b) => a.id - b.id)
      .map(async (row) => {
        const ref: StoreRef = { tenant: row.tenant_id as TenantId, store: row.store_id as StoreId };
        return { storeGuid: await storeGuid(db, ref), folder: await folderById(db, ref, row.id as FolderId) };
      }),
  );
}

/** Finds the message of a store that has a source key, in whichever folder and view. */
export async function messageBySourceKey(db: Database, ref: StoreRef, key: Buffer): Promise<MessageFacts | undefined> {
  if (key.length === 0) return undefined;
  const guid = guidOfSourceKey(key);
  const rows = await db
    .selectFrom('messages')
    .select(MESSAGE_COLUMNS)
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .$if(guid === undefined, (query) => query.where('source_key', '=', key))
    .$if(guid !== undefined, (query) => query.where('id', '=', guid ?? key))
    .execute();
  // A soft-deleted message keeps its key while it can be restored: a live one has precedence.
  const row = rows.find(({ deleted }) => deleted !== VIEW.DELETED) ?? rows[0];
  return row && factsOf(ref, row);
}

/** Keys in one statement. */
const BATCH = 500;

/** Finds the messages of a store that have some source keys, in the order of the keys; undefined where there is none. */
export async function messagesBySourceKeys(
  db: Database,
  ref: StoreRef,
  keys: readonly Buffer[],
): Promise<(MessageFacts | undefined)[]> {
  const found = new Map<string, MessageFacts>();
  const read = async (column: 'id' | 'source_key', values: readonly Buffer[]) => {
    for (let i = 0; i < values.length; i += BATCH) {
      const rows = await db
        .selectFrom('messages')
        .select(MESSAGE_COLUMNS)
        .where('tenant_id', '=', ref.tenant)
        .where('store_id', '=', ref.store)
        .where(column, 'in', values.slice(i, i + BATCH))
        .execute();
      for (const row of rows) {
        const place = `${column} ${row[column]?.toString('hex')}`;
        // A soft-deleted message keeps its key while it can be restored: a live one has precedence.
        if (row.deleted !== VIEW.DELETED || !found.has(place)) found.set(place, factsOf(ref, row));
      }
    }
  };
  const places = keys.map((key) => ({ key, guid: guidOfSourceKey(key) }));
  await read(
    'id',
    places.flatMap(({ guid }) => guid ?? []),
  );
  await read(
    'source_key',
    places.flatMap(({ key, guid }) => (guid === undefined && key.length > 0 ? [key] : [])),
  );
  return places.map(({ key, guid }) =>
    found.get(guid === undefined ? `source_key ${key.toString('hex')}` : `id ${guid.toString('hex')}`),
  );
}
