import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import { guidOfSourceKey } from '../engine/derived-source-key.ts';
import type { FolderId, StoreRef, TenantId } from '../engine/ids.ts';

// A source key names one object alone. A client that gave its own object the key of another would receive what is synchronised with the
// other: a source key that is in use is refused.

/** Bytes of the column. */
const MAX_LENGTH = 255;

function requireLength(key: Buffer): void {
  if (key.length > MAX_LENGTH) throw new PamojaError('TOO_BIG', `a source key has ${MAX_LENGTH} bytes or less`);
}

/** Throws COLLISION when another live folder of the tenant has a source key. */
export async function requireFreeFolderKey(
  tx: Database,
  tenant: TenantId,
  key: Buffer,
  itself?: FolderId,
): Promise<void> {
  requireLength(key);
  const guid = guidOfSourceKey(key);
  const live = tx
    .selectFrom('folders')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('deleted_at', '=', 0)
    .$if(itself !== undefined, (query) => query.where('id', '!=', itself ?? 0));
  const taken =
    (await live.where('source_key', '=', key).executeTakeFirst()) ??
    (guid && (await live.where('guid', '=', guid).where('source_key', 'is', null).executeTakeFirst()));
  if (taken) throw new PamojaError('COLLISION', 'another folder has that source key');
}

/** Throws COLLISION when another live folder of the tenant has a GUID, of which its source key and its entry id are made. */
export async function requireFreeFolderGuid(tx: Database, tenant: TenantId, guid: Buffer): Promise<void> {
  const taken = await tx
    .selectFrom('folders')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('guid', '=', guid)
    .where('deleted_at', '=', 0)
    .executeTakeFirst();
  if (taken) throw new PamojaError('COLLISION', 'another folder has that entry id');
}

/** Throws COLLISION when a message of the store that is not deleted has a source key. Only the store itself is searched: synchronisation of messages stays within one store. */
export async function requireFreeMessageKey(tx: Database, { tenant, store }: StoreRef, key: Buffer): Promise<void> {
  requireLength(key);
  const taken = await tx
    .selectFrom('messages')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('source_key', '=', key)
    .where('deleted', '!=', 1)
    .executeTakeFirst();
  if (taken) throw new PamojaError('COLLISION', 'another message has that source key');
}
