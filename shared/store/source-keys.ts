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
