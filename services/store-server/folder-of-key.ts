import { rightsOn } from '../../shared/access/store-rights.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import type { Folder } from '../../shared/store/folders/folder.ts';
import { RIGHT } from '../../shared/store/folders/rights.ts';
import { foldersBySourceKey } from '../../shared/store/messages/source-key-lookup.ts';
import { type MapiStore, storeByGuid } from '../../shared/store/stores/stores.ts';
import type { Call } from './operations/operation.ts';

interface FolderOfKey {
  store: MapiStore;
  folder: Folder;
  rights: number;
}

/**
 * The folder that a source key is of, with the right to read it. Of several that have it, the one in the caller's own store, then one of
 * the caller's company: what somebody else has made never stands for what is the caller's, or for what they may read.
 */
export async function folderOfKey(call: Call, key: Buffer): Promise<FolderOfKey> {
  const { context, session } = call;
  const { caller } = session;
  const { db } = context.store;
  const found: FolderOfKey[] = [];
  for (const { storeGuid, folder } of await foldersBySourceKey(db, caller.scope, key)) {
    const store = await storeByGuid(db, caller.scope, storeGuid).catch((error: unknown) => {
      // One that is marked for removal has its folders for a while.
      if (PamojaError.is(error, 'NOT_FOUND')) return undefined;
      throw error;
    });
    if (store) found.push({ store, folder, rights: await rightsOn(context.store, session.caller, store, folder.id) });
  }
  const nearness = ({ store }: FolderOfKey): number =>
    store.tenant !== caller.tenant ? 2 : store.kind === 'public' || store.user !== caller.user ? 1 : 0;
  const nearest = found.sort((a, b) => nearness(a) - nearness(b));
  const readable = nearest.find(({ rights }) => (rights & RIGHT.READ) !== 0);
  if (readable) return readable;
  if (nearest.length === 0) throw new PamojaError('NOT_FOUND', 'no such folder');
  throw new PamojaError('NO_ACCESS', 'you may not do that here');
}
