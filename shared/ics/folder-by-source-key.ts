import type { Caller } from '../access/caller.ts';
import { rightsOn } from '../access/store-rights.ts';
import { PamojaError } from '../mapi/error.ts';
import type { StoreContext } from '../store/engine/context.ts';
import type { Folder } from '../store/folders/folder.ts';
import { RIGHT } from '../store/folders/rights.ts';
import { foldersBySourceKey } from '../store/messages/source-key-lookup.ts';
import { type MapiStore, storeByGuid } from '../store/stores/stores.ts';

/** A folder with the caller's rights on it. */
export interface ReadableFolder {
  store: MapiStore;
  folder: Folder;
  rights: number;
}

/**
 * Finds the folder of a source key that the caller may read. Clients choose source keys, so several folders can have one: the folder in the
 * caller's own store counts first, then one of the caller's tenant, so that a key of another store never hides or stands for the caller's own.
 * Throws NOT_FOUND and NO_ACCESS.
 */
export async function folderBySourceKey(context: StoreContext, caller: Caller, key: Buffer): Promise<ReadableFolder> {
  const { db } = context;
  const found: ReadableFolder[] = [];
  for (const { storeGuid, folder } of await foldersBySourceKey(db, caller.scope, key)) {
    const store = await presentStore(context, caller, storeGuid);
    if (store) found.push({ store, folder, rights: await rightsOn(context, caller, store, folder.id) });
  }
  const nearness = ({ store }: ReadableFolder): number =>
    store.tenant !== caller.tenant ? 2 : store.kind === 'public' || store.user !== caller.user ? 1 : 0;
  const nearest = found.sort((a, b) => nearness(a) - nearness(b));
  const readable = nearest.find(({ rights }) => (rights & RIGHT.READ) !== 0);
  if (readable) return readable;
  if (nearest.length === 0) throw new PamojaError('NOT_FOUND', 'no such folder');
  throw new PamojaError('NO_ACCESS', 'you may not do that here');
}

/** Undefined for a store that is marked for removal; its folders stay until the purge. */
async function presentStore({ db }: StoreContext, { scope }: Caller, guid: Buffer): Promise<MapiStore | undefined> {
  try {
    return await storeByGuid(db, scope, guid);
  } catch (error) {
    if (PamojaError.is(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}
