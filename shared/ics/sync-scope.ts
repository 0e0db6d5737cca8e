import type { Caller } from '../access/caller.ts';
import { ownsStore } from '../access/store-rights.ts';
import { PamojaError } from '../mapi/error.ts';
import type { StoreContext } from '../store/engine/context.ts';
import type { Folder } from '../store/folders/folder.ts';
import { ALL_RIGHTS } from '../store/folders/rights.ts';
import { type MapiStore, storeOfUser } from '../store/stores/stores.ts';
import { findSyncs, storeOfSync } from '../store/stores/sync-states.ts';
import { folderBySourceKey } from './folder-by-source-key.ts';

/** The store, and perhaps the folder, that a client synchronises, with the caller's rights there. */
export interface SyncScope {
  store: MapiStore;
  folder: Folder | undefined;
  rights: number;
}

/**
 * Finds what a client synchronises, by the source key of a folder or by the client's synchronisation. Undefined for SYSTEM, which has no store
 * and synchronises the server as a whole, as indexers do. Throws NOT_FOUND and NO_ACCESS.
 */
export async function syncScope(
  context: StoreContext,
  caller: Caller,
  key: Buffer | undefined,
  syncId: number,
): Promise<SyncScope | undefined> {
  const [sync] = syncId > 0 ? await findSyncs(context, caller.tenant, caller.user, [syncId]) : [];
  const hasKey = key !== undefined && key.length > 0;
  const wanted = hasKey ? key : sync?.sourceKey;
  if (wanted && wanted.length > 0) return folderBySourceKey(context, caller, wanted);
  if (caller.system && !hasKey && (!sync || sync.store === 0)) return undefined;
  // The synchronisation was removed when the store changed hands: the client begins anew.
  if (syncId > 0 && !sync) throw new PamojaError('NOT_FOUND', 'no such synchronisation');
  const store = sync ? await storeOfSync(context.db, sync) : await storeOfUser(context.db, caller.tenant, caller.user);
  if (!store) throw new PamojaError('NOT_FOUND', 'no such folder');
  // The store may have changed hands since the synchronisation began.
  if (!(await ownsStore(context, caller, store))) throw new PamojaError('NO_ACCESS', 'not your store');
  return { store, folder: undefined, rights: ALL_RIGHTS };
}
