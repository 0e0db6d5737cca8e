import type { Located, LocatedFolder } from '../../../shared/access/locate.ts';
import { requireRight } from '../../../shared/access/store-rights.ts';
import { decodeEntryId } from '../../../shared/mapi/entry-id.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { PropertyBag } from '../../../shared/mapi/property.ts';
import { asUnicode } from '../../../shared/mapi/property-bag.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import type { SaveObject } from '../../../shared/protocol/soap/interface.ts';
import { bagOf, fileTime } from '../../../shared/store/content/property-list.ts';
import { changeKey, folderSourceKey, withChangeKey } from '../../../shared/store/folders/change-keys.ts';
import { folderEntryId } from '../../../shared/store/folders/entry-ids.ts';
import { FOLDER_TYPE, listFolders } from '../../../shared/store/folders/folder.ts';
import { ROLE_PROPERTIES } from '../../../shared/store/folders/folder-object.ts';
import { changeFolderProperties } from '../../../shared/store/folders/folder-properties.ts';
import { setFolderRole } from '../../../shared/store/folders/folder-role.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import { changeStoreProperties, type MapiStore } from '../../../shared/store/stores/stores.ts';
import { withoutComputed } from './computed-properties.ts';
import type { Call } from './operation.ts';
import { savedObject } from './wire-object.ts';

/** Changes the properties of a store. Throws NO_ACCESS unless the caller is its owner. */
export async function saveStore(call: Call, located: Located, sent: SaveObject): Promise<SaveObject> {
  if (!located.owner) throw new PamojaError('NO_ACCESS', 'only its owner may change a store');
  const { store } = located;
  const set = withoutComputed(bagOf(sent.modProps ?? []));
  await setRoles(call, store, set);
  const time = await changeStoreProperties(call.context.store, store, set, (sent.delProps ?? []).map(asUnicode));
  return savedObject([{ tag: PR.LAST_MODIFICATION_TIME, value: fileTime(time) }], sent, store.store);
}

/** Sets the role of folders that a client names in a property such as PR_IPM_OUTBOX_ENTRYID: every protocol goes by the role. */
async function setRoles({ context }: Call, store: MapiStore, set: PropertyBag): Promise<void> {
  const folders = await listFolders(context.store.db, store);
  for (const [tag, value] of set) {
    const role = ROLE_PROPERTIES.get(tag);
    if (!role || !Buffer.isBuffer(value) || value.length < 44) continue;
    const { guid } = decodeEntryId(value);
    const folder = folders.find((each) => each.guid.equals(guid));
    if (folder?.type === FOLDER_TYPE.GENERIC && folder.role !== role)
      await setFolderRole(context.store, store, folder.id, role);
  }
}

/** Changes the name, class and properties of a folder. Throws NO_ACCESS. */
export async function saveFolder(
  call: Call,
  located: LocatedFolder,
  sent: SaveObject,
  syncId: number,
): Promise<SaveObject> {
  requireRight(located, RIGHT.FOLDER_OWNER);
  const { store, folder } = located;
  const { context } = call;
  const set = withoutComputed(bagOf(sent.modProps ?? []));
  if (located.owner && (folder.role === 'inbox' || folder.type === FOLDER_TYPE.ROOT)) await setRoles(call, store, set);
  const name = set.get(PR.DISPLAY_NAME);
  const containerClass = set.get(PR.CONTAINER_CLASS);
  const sourceKey = set.get(PR.SOURCE_KEY);
  for (const tag of [PR.DISPLAY_NAME, PR.CONTAINER_CLASS, PR.SOURCE_KEY, PR.CHANGE_KEY, PR.PREDECESSOR_CHANGE_LIST])
    set.delete(tag);
  const changed = await changeFolderProperties(context.store, store, folder.id, {
    name: typeof name === 'string' && name !== '' ? name.slice(0, 255) : undefined,
    containerClass: typeof containerClass === 'string' ? containerClass : undefined,
    sourceKey: Buffer.isBuffer(sourceKey) ? sourceKey : undefined,
    set,
    removed: (sent.delProps ?? []).map(asUnicode),
    syncId,
  });
  const folders = await listFolders(context.store.db, store);
  const parent = folders.find(({ id }) => id === changed.parent);
  const key = changeKey(store, changed.changedSeq);
  // The root folder is not synchronised: it has no change key.
  if (folder.type === FOLDER_TYPE.ROOT)
    return savedObject(
      [
        { tag: PR.RECORD_KEY, value: folderEntryId(store, changed) },
        { tag: PR.SOURCE_KEY, value: folderSourceKey(changed) },
        { tag: PR.LAST_MODIFICATION_TIME, value: fileTime(changed.modifiedAt) },
      ],
      sent,
      folder.id,
    );
  return savedObject(
    [
      { tag: PR.RECORD_KEY, value: folderEntryId(store, changed) },
      ...(parent ? [{ tag: PR.PARENT_SOURCE_KEY, value: folderSourceKey(parent) }] : []),
      { tag: PR.SOURCE_KEY, value: folderSourceKey(changed) },
      { tag: PR.LAST_MODIFICATION_TIME, value: fileTime(changed.modifiedAt) },
      { tag: PR.CHANGE_KEY, value: key },
      { tag: PR.PREDECESSOR_CHANGE_LIST, value: withChangeKey(undefined, key) },
    ],
    sent,
    folder.id,
  );
}
