import type { LocatedFolder, LocatedMessage } from '../../../shared/access/locate.ts';
import { mayInEach, ownsStore, requireRight } from '../../../shared/access/store-rights.ts';
import { callerEntryId } from '../../../shared/address-book/address-book-ids.ts';
import { levelsOf } from '../../../shared/directory/quota/store-quota.ts';
import { ACCESS_LEVEL } from '../../../shared/mapi/access.ts';
import type { Property, PropertyBag } from '../../../shared/mapi/property.ts';
import { type MapiObject, OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import type { SaveObject } from '../../../shared/protocol/soap/interface.ts';
import { fileTime, sorted, splitLarge } from '../../../shared/store/content/property-list.ts';
import { listFolders, surroundingsOf } from '../../../shared/store/folders/folder.ts';
import {
  folderProperties,
  logonProperties,
  storeFolderProperties,
} from '../../../shared/store/folders/folder-object.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import { childProperties, messagePropertyList } from '../../../shared/store/messages/message-properties.ts';
import { openMessage } from '../../../shared/store/messages/open-message.ts';
import type { MapiStore } from '../../../shared/store/stores/stores.ts';
import { catchUpSearches } from '../../../shared/store/tables/search-folders.ts';
import { withFreeBusyFolders } from '../../../shared/store/trees/free-busy-folders.ts';
import { readableOfStore } from '../store-properties.ts';
import type { Call } from './operation.ts';
import { ownerOf, storeNameOf } from './stores.ts';
import { EMPTY_OBJECT } from './wire-object.ts';

const KB = 1024;

/** A store with the properties that the caller may read. */
export async function loadStore(call: Call, store: MapiStore): Promise<SaveObject> {
  const { context, session } = call;
  const { caller } = session;
  const [folders, levels, owner, owns, readable] = await Promise.all([
    listFolders(context.store.db, store).then((all) => withFreeBusyFolders(context.store, store, all)),
    levelsOf(context.store, store),
    ownerOf(call, store),
    ownsStore(context.store, session.caller, store),
    readableOfStore(call, store),
  ]);
  const bag: PropertyBag = new Map([
    [PR.MESSAGE_SIZE_EXTENDED, BigInt(store.size)],
    [PR.CREATION_TIME, fileTime(store.createdAt)],
    [PR.LAST_MODIFICATION_TIME, fileTime(store.modifiedAt)],
    ...storeFolderProperties(store, folders),
    ...logonProperties(store),
    ...store.properties,
  ]);
  const isPublic = store.kind === 'public';
  const properties: Property[] = [
    ...sorted(bag),
    { tag: PR.USER_NAME, value: caller.system ? 'SYSTEM' : caller.login },
    { tag: PR.USER_ENTRYID, value: callerEntryId(call.session.caller) },
    ...(isPublic
      ? []
      : [
          { tag: PR.QUOTA_WARNING_THRESHOLD, value: Math.floor(levels.warn / KB) },
          { tag: PR.QUOTA_SEND_THRESHOLD, value: Math.floor(levels.soft / KB) },
          { tag: PR.QUOTA_RECEIVE_THRESHOLD, value: Math.floor(levels.hard / KB) },
          { tag: PR.MAILBOX_OWNER_NAME, value: owner.name },
          { tag: PR.MAILBOX_OWNER_ENTRYID, value: owner.sUserId },
        ]),
    { tag: PR.DISPLAY_NAME, value: storeNameOf(call, store, owner) },
    { tag: PR.MAPPING_SIGNATURE, value: context.serverGuid },
    { tag: PR.SORT_LOCALE_ID, value: 1033 },
    { tag: PR.RECORD_KEY, value: recordKey(store) },
    { tag: PR.ACCESS_LEVEL, value: owns ? ACCESS_LEVEL.MODIFY : ACCESS_LEVEL.READ_ONLY },
  ].filter(({ tag }) => readable(tag));
  return { ...EMPTY_OBJECT, ...splitLarge(properties), ulServerId: store.store, ulObjType: OBJECT.STORE };
}

const recordKey = (store: MapiStore): Buffer =>
  Buffer.concat([
    Buffer.alloc(4),
    store.guid,
    Buffer.from([1, 0, 0, 0, 1, 0, 0, 0]),
    store.recordGuid,
    Buffer.alloc(4),
  ]);

/** A folder. A search folder is brought up to date first. */
export async function loadFolder(
  { context, session }: Call,
  { store, folder: stale, rights }: LocatedFolder,
): Promise<SaveObject> {
  if (stale.search) await catchUpSearches(context.store, store);
  const { folders, deleted } = await surroundingsOf(context.store.db, store, stale.id);
  const folder = folders.find(({ id }) => id === stale.id) ?? stale;
  const visible = await mayInEach(context.store, session.caller, store, RIGHT.VISIBLE);
  const properties = folderProperties(store, folder, folders, rights, { deletedFolders: deleted, visible });
  return { ...EMPTY_OBJECT, ...splitLarge(properties), ulServerId: folder.id, ulObjType: OBJECT.FOLDER };
}

/** A message with its recipients and attachments. Throws NO_ACCESS. */
export async function loadMessage(call: Call, located: LocatedMessage): Promise<SaveObject> {
  requireRight(located, RIGHT.READ);
  const opened = await openMessage(call.context.store, located.message, located.content);
  const properties = messagePropertyList({ ...located, object: opened.object, mime: !opened.whole });
  return {
    ...EMPTY_OBJECT,
    ...splitLarge(properties),
    item: await wireChildren(call, located, opened.object, opened),
    ulServerId: opened.object.id,
    ulObjType: OBJECT.MESSAGE,
  };
}

type Opened = Awaited<ReturnType<typeof openMessage>>;

async function wireChildren(
  call: Call,
  located: LocatedMessage,
  parent: MapiObject,
  opened: Opened,
): Promise<SaveObject[]> {
  const items: SaveObject[] = [];
  for (const child of parent.children) {
    const properties = childProperties(child);
    const hasData = child.type === OBJECT.ATTACHMENT && child.children.length === 0;
    if (hasData && !properties.some(({ tag }) => tag === PR.ATTACH_DATA_BIN)) {
      properties.push({ tag: PR.ATTACH_DATA_BIN, value: Buffer.alloc(0) });
    }
    items.push({
      ...EMPTY_OBJECT,
      item: await wireChildren(call, located, child, opened),
      ...splitLarge(properties),
      ulServerId: child.id,
      ulObjType: child.type,
    });
  }
  return items;
}
