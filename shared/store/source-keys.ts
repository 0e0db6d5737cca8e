import type { Database } from '../platform/database.ts';
import type { StoreId, StoreRef, TenantId } from './ids.ts';
import { guidOfSourceKey } from './keys.ts';
import { folderById, type MapiFolder } from './mapi-folders.ts';
import { factsOf, MESSAGE_COLUMNS, type MessageFacts } from './mapi-messages.ts';
import { type TenantScope, tenantsOf } from './mapi-stores.ts';
import { storeGuid } from './store-guid.ts';

/** The live folder that a source key is of, within companies, and the GUID of its store. */
export async function folderBySourceKey(
  db: Database,
  scope: TenantScope,
  key: Buffer,
): Promise<{ storeGuid: Buffer; folder: MapiFolder } | undefined> {
  if (key.length === 0) return undefined;
  const guid = guidOfSourceKey(key);
  const row = await db
    .selectFrom('folders')
    .select(['id', 'tenant_id', 'store_id'])
    .$if(scope !== 'all', (query) => query.where('tenant_id', 'in', tenantsOf(scope)))
    .where('deleted_at', '=', 0)
    .$if(guid === undefined, (query) => query.where('source_key', '=', key))
    .$if(guid !== undefined, (query) =>
      query
        .where('guid', '=', guid ?? key)
        .where((where) => where.or([where('source_key', 'is', null), where('source_key', '=', key)])),
    )
    .executeTakeFirst();
  if (!row) return undefined;
  const ref: StoreRef = { tenant: row.tenant_id as TenantId, store: row.store_id as StoreId };
  return { storeGuid: await storeGuid(db, ref), folder: await folderById(db, ref, row.id as never) };
}

/** The message of a store that a source key is of, wherever it stands. */
export async function messageBySourceKey(db: Database, ref: StoreRef, key: Buffer): Promise<MessageFacts | undefined> {
  if (key.length === 0) return undefined;
  const guid = guidOfSourceKey(key);
  const row = await db
    .selectFrom('messages')
    .select(MESSAGE_COLUMNS)
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .$if(guid === undefined, (query) => query.where('source_key', '=', key))
    .$if(guid !== undefined, (query) => query.where('id', '=', guid ?? key))
    .executeTakeFirst();
  return row && factsOf(ref, row);
}

/** Keys that one statement looks for. */
const TOGETHER = 500;

/** The messages of a store that source keys are of, in the order of those. */
export async function messagesBySourceKeys(
  db: Database,
  ref: StoreRef,
  keys: readonly Buffer[],
): Promise<(MessageFacts | undefined)[]> {
  const found = new Map<string, MessageFacts>();
  const read = async (column: 'id' | 'source_key', values: readonly Buffer[]) => {
    for (let i = 0; i < values.length; i += TOGETHER) {
      const rows = await db
        .selectFrom('messages')
        .select(MESSAGE_COLUMNS)
        .where('tenant_id', '=', ref.tenant)
        .where('store_id', '=', ref.store)
        .where(column, 'in', values.slice(i, i + TOGETHER))
        .execute();
      for (const row of rows) found.set(`${column} ${row[column]?.toString('hex')}`, factsOf(ref, row));
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
