import { KopanoError } from '../../shared/mapi/error.ts';
import type { MapiFolder } from '../../shared/store/mapi-folders.ts';
import { type MapiStore, storeByGuid } from '../../shared/store/mapi-stores.ts';
import { RIGHT } from '../../shared/store/rights.ts';
import { folderBySourceKey } from '../../shared/store/source-keys.ts';
import { requireRight, rightsOn } from './access.ts';
import type { Call } from './operations/operation.ts';

/** The folder that a source key is of, in whichever store of the caller's it is, with the right to read it. */
export async function folderOfKey(
  call: Call,
  key: Buffer,
): Promise<{ store: MapiStore; folder: MapiFolder; rights: number }> {
  const { context, session } = call;
  const { db } = context.store;
  const found = await folderBySourceKey(db, session.caller.scope, key);
  if (!found) throw new KopanoError('NOT_FOUND', 'no such folder');
  const store = await storeByGuid(db, session.caller.scope, found.storeGuid);
  const rights = await rightsOn(context, session, store, found.folder.id);
  requireRight({ rights }, RIGHT.READ);
  return { store, folder: found.folder, rights };
}
