import {
  type Located,
  type LocatedFolder,
  type LocatedMessage,
  locate,
  locatedFolder,
  locatedMessage,
} from '../../../shared/access/locate.ts';
import { mayInEach, ownsStore, requireRight } from '../../../shared/access/store-rights.ts';
import { callerEntryId } from '../../../shared/address-book/address-book-ids.ts';
import { readTogether } from '../../../shared/database/transaction.ts';
import { hardQuotaOf, levelsOf } from '../../../shared/directory/quota/store-quota.ts';
import { ACCESS_LEVEL } from '../../../shared/mapi/access.ts';
import { decodeEntryId } from '../../../shared/mapi/entry-id.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { MSGFLAG } from '../../../shared/mapi/message-flags.ts';
import { MAPI_ASSOCIATED, SHOW_SOFT_DELETES } from '../../../shared/mapi/operation-flags.ts';
import type { Property, PropertyBag, PropertyValue } from '../../../shared/mapi/property.ts';
import { isBlobValue } from '../../../shared/mapi/property.ts';
import { asUnicode, tagIn } from '../../../shared/mapi/property-bag.ts';
import { type MapiObject, OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR, type PropertyTag, PT, propertyId, propertyType } from '../../../shared/mapi/property-tags.ts';
import { collect } from '../../../shared/platform/collect.ts';
import type { SaveObject } from '../../../shared/protocol/soap/interface.ts';
import { bagOf, fileTime, sorted, splitLarge } from '../../../shared/store/content/property-list.ts';
import {
  changeKey,
  folderSourceKey,
  messageSourceKey,
  withChangeKey,
} from '../../../shared/store/folders/change-keys.ts';
import { folderEntryId, messageEntryId } from '../../../shared/store/folders/entry-ids.ts';
import { FOLDER_TYPE, type Folder, listFolders, surroundingsOf } from '../../../shared/store/folders/folder.ts';
import {
  folderProperties,
  logonProperties,
  ROLE_PROPERTIES,
  storeFolderProperties,
} from '../../../shared/store/folders/folder-object.ts';
import { changeFolderProperties } from '../../../shared/store/folders/folder-properties.ts';
import { setFolderRole } from '../../../shared/store/folders/folder-role.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import {
  folderInStoreOf,
  folderInStoreStatement,
  type MessageInStore,
  messageInStoreOf,
  messageInStoreStatement,
} from '../../../shared/store/messages/entry-id-lookup.ts';
import { VIEW } from '../../../shared/store/messages/message-facts.ts';
import { childProperties, messagePropertyList } from '../../../shared/store/messages/message-properties.ts';
import type { ObjectChange, SavedObject } from '../../../shared/store/messages/object-change.ts';
import { findObject, openMessage } from '../../../shared/store/messages/open-message.ts';
import { saveMessage } from '../../../shared/store/messages/save-message.ts';
import { changeStoreProperties, type MapiStore } from '../../../shared/store/stores/stores.ts';
import { catchUpSearches } from '../../../shared/store/tables/search-folders.ts';
import { withFreeBusyFolders } from '../../../shared/store/trees/free-busy-folders.ts';
import { adminStoreProperties, isAdminStore } from '../admin-store.ts';
import { instanceIdOf, openInstance } from '../instance-ids.ts';
import { readableIn, readableOfStore } from '../store-properties.ts';
import { subscribe } from '../subscriptions.ts';
import type { Call, Operations } from './operation.ts';
import { ownerOf, storeNameOf } from './stores.ts';

const KB = 1024;

const nothing: SaveObject = { delProps: [], modProps: [], bDelete: false, ulClientId: 0, ulServerId: 0, ulObjType: 0 };

async function loadStore(call: Call, store: MapiStore): Promise<SaveObject> {
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
  return { ...nothing, ...splitLarge(properties), ulServerId: store.store, ulObjType: OBJECT.STORE };
}

const recordKey = (store: MapiStore): Buffer =>
  Buffer.concat([
    Buffer.alloc(4),
    store.guid,
    Buffer.from([1, 0, 0, 0, 1, 0, 0, 0]),
    store.recordGuid,
    Buffer.alloc(4),
  ]);

async function loadFolder(
  { context, session }: Call,
  { store, folder: stale, rights }: LocatedFolder,
): Promise<SaveObject> {
  if (stale.search) await catchUpSearches(context.store, store);
  const { folders, deleted } = await surroundingsOf(context.store.db, store, stale.id);
  const folder = folders.find(({ id }) => id === stale.id) ?? stale;
  const visible = await mayInEach(context.store, session.caller, store, RIGHT.VISIBLE);
  const properties = folderProperties(store, folder, folders, rights, { deletedFolders: deleted, visible });
  return { ...nothing, ...splitLarge(properties), ulServerId: folder.id, ulObjType: OBJECT.FOLDER };
}

async function loadMessage(call: Call, located: LocatedMessage): Promise<SaveObject> {
  requireRight(located, RIGHT.READ);
  const opened = await openMessage(call.context.store, located.message, located.content);
  const properties = messagePropertyList({ ...located, object: opened.object, mime: !opened.whole });
  return {
    ...nothing,
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
      ...nothing,
      item: await wireChildren(call, located, child, opened),
      ...splitLarge(properties),
      ulServerId: child.id,
      ulObjType: child.type,
    });
  }
  return items;
}

/** What a client sends of an object, as a change. */
async function changeOf(call: Call, object: SaveObject): Promise<ObjectChange> {
  const set = bagOf(object.modProps ?? []);
  if (object.ulObjType === OBJECT.ATTACHMENT && object.lpInstanceIds?.[0] && !set.has(PR.ATTACH_DATA_BIN))
    set.set(PR.ATTACH_DATA_BIN, await openInstance(call, object.lpInstanceIds[0]));
  const children: ObjectChange[] = [];
  for (const item of object.item ?? []) children.push(await changeOf(call, item));
  return {
    type: object.ulObjType,
    id: object.ulServerId,
    deleted: object.bDelete,
    set: object.ulObjType === OBJECT.MESSAGE ? withoutComputed(set) : set,
    removed: (object.delProps ?? []).map(asUnicode),
    children,
  };
}

/** What the server computes, nobody sets. */
const COMPUTED = new Set(
  [
    PR.ENTRYID,
    PR.RECORD_KEY,
    PR.PARENT_ENTRYID,
    PR.ACCESS,
    PR.ACCESS_LEVEL,
    PR.OBJECT_TYPE,
    PR.STORE_ENTRYID,
    PR.STORE_RECORD_KEY,
    PR.MAPPING_SIGNATURE,
    PR.MESSAGE_SIZE,
    PR.HASATTACH,
    PR.RIGHTS,
    PR.PARENT_SOURCE_KEY,
    PR.EC_HIERARCHYID,
    PR.EC_IMAP_ID,
  ].map((tag) => propertyId(tag)),
);

const withoutComputed = (bag: PropertyBag): PropertyBag =>
  new Map([...bag].filter(([tag, value]) => !COMPUTED.has(propertyId(tag)) && !isNothing(tag, value)));

/** An error is what is not there. */
const isNothing = (tag: PropertyTag, _value: PropertyValue): boolean => propertyType(tag) === PT.ERROR;

/** What a save answers: the keys and times that the server has given, part by part. */
function savedChild(
  saved: SavedObject,
  sent: SaveObject,
  time: bigint,
  instanceId: (id: number) => Buffer,
): SaveObject {
  const tags = saved.created ? [PR.LAST_MODIFICATION_TIME, PR.CREATION_TIME] : [PR.LAST_MODIFICATION_TIME];
  const large = sent.ulObjType === OBJECT.ATTACHMENT ? PR.ATTACH_DATA_BIN : PR.EC_IMAP_EMAIL;
  const hasData = (sent.modProps ?? []).some(({ tag }) => tag === large);
  return {
    item: saved.children.map((child, i) => savedChild(child, sent.item?.[i] ?? nothing, time, instanceId)),
    delProps: tags,
    modProps: tags.map((tag) => ({ tag, value: time })),
    bDelete: false,
    ulClientId: sent.ulClientId,
    ulServerId: saved.id,
    ulObjType: sent.ulObjType,
    ...(hasData || sent.lpInstanceIds ? { lpInstanceIds: [instanceId(saved.id)] } : {}),
  };
}

const answer = (properties: Property[], sent: SaveObject, id: number): SaveObject => ({
  delProps: properties.map(({ tag }) => tag),
  modProps: properties,
  bDelete: false,
  ulClientId: sent.ulClientId,
  ulServerId: id,
  ulObjType: sent.ulObjType,
});

async function saveStore(call: Call, located: Located, sent: SaveObject): Promise<SaveObject> {
  if (!located.owner) throw new PamojaError('NO_ACCESS', 'not your store');
  const { store } = located;
  const set = withoutComputed(bagOf(sent.modProps ?? []));
  await takeRoles(call, store, set);
  const time = await changeStoreProperties(call.context.store, store, set, (sent.delProps ?? []).map(asUnicode));
  return answer([{ tag: PR.LAST_MODIFICATION_TIME, value: fileTime(time) }], sent, store.store);
}

/** A client that says which folder is the Outbox says so to every service. */
async function takeRoles({ context }: Call, store: MapiStore, set: PropertyBag): Promise<void> {
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

async function saveFolder(call: Call, located: LocatedFolder, sent: SaveObject, syncId: number): Promise<SaveObject> {
  requireRight(located, RIGHT.FOLDER_OWNER);
  const { store, folder } = located;
  const { context } = call;
  const set = withoutComputed(bagOf(sent.modProps ?? []));
  if (located.owner && (folder.role === 'inbox' || folder.type === FOLDER_TYPE.ROOT)) await takeRoles(call, store, set);
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
  // The root is in no synchronisation: it has no change key.
  if (folder.type === FOLDER_TYPE.ROOT)
    return answer(
      [
        { tag: PR.RECORD_KEY, value: folderEntryId(store, changed) },
        { tag: PR.SOURCE_KEY, value: folderSourceKey(changed) },
        { tag: PR.LAST_MODIFICATION_TIME, value: fileTime(changed.modifiedAt) },
      ],
      sent,
      folder.id,
    );
  return answer(
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

async function saveMessageObject(
  call: Call,
  parentId: Buffer | undefined,
  entryId: Buffer | undefined,
  sent: SaveObject,
  flags: number,
  syncId: number,
): Promise<SaveObject> {
  const { context, session } = call;
  const id = decodeEntryId(entryId);
  const change = await changeOf(call, sent);
  const place = await placeOfMessage(call, parentId, entryId);
  const { set } = change;
  const given = {
    sourceKey: set.get(PR.SOURCE_KEY) as Buffer | undefined,
    changeKey: set.get(PR.CHANGE_KEY) as Buffer | undefined,
  };
  set.delete(PR.SOURCE_KEY);
  const associated =
    (flags & MAPI_ASSOCIATED) !== 0 || (Number(set.get(PR.MESSAGE_FLAGS) ?? 0) & MSGFLAG.ASSOCIATED) !== 0;
  const saved = await saveMessage(context.store, place.store, {
    folder: place.folder.id,
    id: id.guid,
    change,
    associated,
    syncId,
    hardQuota: await hardQuotaOf(context.store, place.store),
    modifier: { name: session.caller.login, entryId: callerEntryId(call.session.caller) },
    sourceKey: given.sourceKey,
    there: place.there,
  });
  const key = given.changeKey ?? changeKey(place.store, saved.facts.contentSeq);
  const list =
    (saved.object.properties.get(PR.PREDECESSOR_CHANGE_LIST) as Buffer | undefined) ?? withChangeKey(undefined, key);
  const time = fileTime(saved.facts.modifiedAt);
  const parentKey = { tag: PR.PARENT_SOURCE_KEY, value: folderSourceKey(place.folder) };
  const sourceKey = { tag: PR.SOURCE_KEY, value: messageSourceKey(saved.facts) };
  const record = { tag: PR.RECORD_KEY, value: messageEntryId(place.store, saved.facts.id) };
  const modified = { tag: PR.LAST_MODIFICATION_TIME, value: time };
  const keys = [
    { tag: PR.CHANGE_KEY, value: key },
    { tag: PR.PREDECESSOR_CHANGE_LIST, value: list },
  ];
  const properties: Property[] = saved.created
    ? [parentKey, sourceKey, modified, { tag: PR.CREATION_TIME, value: time }, record, ...keys]
    : [record, parentKey, sourceKey, modified, ...keys];
  const instance = (child: number) => instanceIdOf(context, place.store, saved.facts.id, child);
  return {
    item: saved.children.map((child, i) => savedChild(child, sent.item?.[i] ?? nothing, time, instance)),
    ...answer(properties, sent, saved.id),
    ...(set.has(PR.EC_IMAP_EMAIL)
      ? { lpInstanceIds: [instanceIdOf(context, place.store, saved.facts.id, 1, propertyId(PR.EC_IMAP_EMAIL))] }
      : {}),
  };
}

/** Where a message is, or shall be; with the right to change it, or to make it. */
async function placeOfMessage(
  { context, session }: Call,
  parentId: Buffer | undefined,
  entryId: Buffer | undefined,
): Promise<{ store: MapiStore; folder: Folder; there: MessageInStore | null }> {
  const { db } = context.store;
  const { scope } = session.caller;
  const { store, guid } = decodeEntryId(entryId);
  const message = messageInStoreStatement(db, scope, store, guid, true);
  const parent = folderIdOf(parentId);
  // The parent may be of any kind where the message is there.
  const [rows, parents] = parent
    ? await readTogether(db, message, folderInStoreStatement(db, scope, parent.store, parent.guid))
    : [await message.execute(), []];
  const placed = rows[0] && messageInStoreOf(rows[0]);
  if (placed && placed.message.view !== VIEW.DELETED) {
    const located = await locatedMessage(context.store, session.caller, placed);
    requireRight(located, RIGHT.EDIT_ALL);
    return { store: located.store, folder: located.folder, there: located };
  }
  if (!parent) throw new PamojaError('INVALID_ENTRYID', 'not the entry id of a folder');
  const folder = await locatedFolder(context.store, session.caller, folderInStoreOf(parents[0]));
  requireRight(folder, RIGHT.CREATE);
  if (!store.equals(folder.store.guid)) throw new PamojaError('INVALID_ENTRYID', 'the entry id is of another store');
  // A message that was deleted does not come back under its entry id.
  if (placed) throw new PamojaError('OBJECT_DELETED', 'the message was deleted');
  return { store: folder.store, folder: folder.folder, there: null };
}

/** What an entry id of a folder says; undefined for one of anything else. */
function folderIdOf(entryId: Buffer | undefined): { store: Buffer; guid: Buffer } | undefined {
  try {
    const { store, type, guid } = decodeEntryId(entryId);
    return type === OBJECT.FOLDER ? { store, guid } : undefined;
  } catch (error) {
    if (PamojaError.is(error, 'INVALID_ENTRYID')) return undefined;
    throw error;
  }
}

export const objectOperations: Operations<
  'loadObject' | 'saveObject' | 'loadProp' | 'checkExistObject' | 'setLockState'
> = {
  async loadObject(call, { sEntryId, lpsNotSubscribe, ulFlags }) {
    const { context, session } = call;
    if (isAdminStore(context, sEntryId)) {
      const properties = adminStoreProperties(context);
      return { er: 0, sSaveObject: { ...nothing, ...splitLarge(properties), ulServerId: 1, ulObjType: OBJECT.STORE } };
    }
    const located = await locate(context.store, session.caller, sEntryId, {
      deleted: (ulFlags & SHOW_SOFT_DELETES) !== 0,
      withContent: true,
    });
    if (located.kind === 'folder') requireRight(located, RIGHT.VISIBLE);
    if (lpsNotSubscribe) await subscribe(call, lpsNotSubscribe);
    const load =
      located.kind === 'store'
        ? loadStore(call, located.store)
        : located.kind === 'folder'
          ? loadFolder(call, located)
          : loadMessage(call, located);
    return { er: 0, sSaveObject: await load };
  },

  async saveObject(call, { sParentEntryId, sEntryId, lpsSaveObj, ulFlags, ulSyncId }) {
    if (!lpsSaveObj) throw new PamojaError('INVALID_PARAMETER', 'nothing to save');
    const { type } = decodeEntryId(sEntryId);
    if (type === OBJECT.MESSAGE)
      return {
        er: 0,
        sSaveObject: await saveMessageObject(call, sParentEntryId, sEntryId, lpsSaveObj, ulFlags, ulSyncId),
      };
    const located = await locate(call.context.store, call.session.caller, sEntryId);
    if (located.kind === 'store') return { er: 0, sSaveObject: await saveStore(call, located, lpsSaveObj) };
    if (located.kind !== 'folder') throw new PamojaError('INVALID_TYPE', 'nothing that can be saved');
    return { er: 0, sSaveObject: await saveFolder(call, located, lpsSaveObj, ulSyncId) };
  },

  async loadProp(call, { sEntryId, ulObjId, ulPropTag }) {
    const { context, session } = call;
    const tag = asUnicode(ulPropTag);
    const located = await locate(context.store, session.caller, sEntryId, { withContent: true });
    const found = await loadValue(call, located, ulObjId, tag);
    if (found === undefined) throw new PamojaError('NOT_FOUND', 'no such property');
    const asked = propertyType(ulPropTag) === PT.UNSPECIFIED ? found.tag : ulPropTag;
    return { er: 0, lpPropVal: { tag: asked, value: found.value as Property['value'] } };
  },

  async checkExistObject(call, { sEntryId, ulFlags }) {
    // An entry id is not guessed: whoever has it may know that it is there, and nothing else.
    if (!isAdminStore(call.context, sEntryId))
      await locate(call.context.store, call.session.caller, sEntryId, { deleted: (ulFlags & SHOW_SOFT_DELETES) !== 0 });
    return { result: 0 };
  },

  async setLockState(call, { sEntryId, bLocked }) {
    const { context, session } = call;
    const located = await locate(context.store, session.caller, sEntryId);
    if (located.kind !== 'message') throw new PamojaError('INVALID_ENTRYID', 'not the entry id of a message');
    requireRight(located, RIGHT.EDIT_ALL);
    context.locks.set(session, located.store, located.message.id, bLocked);
    return { result: 0 };
  },
};

/** A property of an object, with the type that it has where none was asked for. */
interface Found {
  tag: PropertyTag;
  value: PropertyValue;
}

function pick(bag: PropertyBag, tag: PropertyTag): Found | undefined {
  const key = tagIn(bag, tag);
  const value = key === undefined ? undefined : bag.get(key);
  return key === undefined || value === undefined ? undefined : { tag: key, value };
}

async function loadValue(call: Call, located: Located, objectId: number, tag: PropertyTag): Promise<Found | undefined> {
  const { context } = call;
  if (located.kind === 'store')
    return (
      pick(bagOf((await loadStore(call, located.store)).modProps ?? []), tag) ??
      pick(readableIn(located.store.properties, await readableOfStore(call, located.store)), tag)
    );
  requireRight(located, RIGHT.READ);
  if (located.kind === 'folder') {
    const folders = await listFolders(context.store.db, located.store);
    const visible = await mayInEach(context.store, call.session.caller, located.store, RIGHT.VISIBLE);
    return pick(bagOf(folderProperties(located.store, located.folder, folders, located.rights, { visible })), tag);
  }
  const opened = await openMessage(context.store, located.message, located.content);
  const object = objectId > 0 ? findObject(opened.object, objectId) : opened.object;
  if (!object) throw new PamojaError('NOT_FOUND', 'no such object');
  if (object === opened.object) {
    if (tag === PR.EC_IMAP_EMAIL) return { tag, value: await collect(opened.mime.read(0, opened.mime.size)) };
    const computed = pick(bagOf(messagePropertyList({ ...located, object: opened.object, mime: !opened.whole })), tag);
    if (computed && !isBlobValue(computed.value)) return computed;
  }
  const key = tagIn(object.properties, tag) ?? tag;
  const value = await opened.open(object, key);
  return value === undefined ? undefined : { tag: key, value };
}
