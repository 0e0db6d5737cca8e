import { locatedFolder, locatedMessage } from '../../../shared/access/locate.ts';
import { requireRight } from '../../../shared/access/store-rights.ts';
import { callerEntryId } from '../../../shared/address-book/address-book-ids.ts';
import { readBatch } from '../../../shared/database/transaction.ts';
import { hardQuotaOf } from '../../../shared/directory/quota/store-quota.ts';
import { decodeEntryId } from '../../../shared/mapi/entry-id.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { MSGFLAG } from '../../../shared/mapi/message-flags.ts';
import { MAPI_ASSOCIATED } from '../../../shared/mapi/operation-flags.ts';
import type { Property } from '../../../shared/mapi/property.ts';
import { asUnicode } from '../../../shared/mapi/property-bag.ts';
import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR, propertyId } from '../../../shared/mapi/property-tags.ts';
import type { SaveObject } from '../../../shared/protocol/soap/interface.ts';
import { bagOf, fileTime } from '../../../shared/store/content/property-list.ts';
import {
  changeKey,
  folderSourceKey,
  messageSourceKey,
  withChangeKey,
} from '../../../shared/store/folders/change-keys.ts';
import { messageEntryId } from '../../../shared/store/folders/entry-ids.ts';
import type { Folder } from '../../../shared/store/folders/folder.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import {
  folderInStoreOf,
  folderInStoreStatement,
  type MessageInStore,
  messageInStoreOf,
  messageInStoreStatement,
} from '../../../shared/store/messages/entry-id-lookup.ts';
import { VIEW } from '../../../shared/store/messages/message-facts.ts';
import type { ObjectChange, SavedObject } from '../../../shared/store/messages/object-change.ts';
import { saveMessage } from '../../../shared/store/messages/save-message.ts';
import type { MapiStore } from '../../../shared/store/stores/stores.ts';
import { instanceIdOf, openInstance } from '../instance-ids.ts';
import { withoutComputed } from './computed-properties.ts';
import type { Call } from './operation.ts';
import { EMPTY_OBJECT, savedObject } from './wire-object.ts';

/** The object that a client sends, as a change of the stored one. */
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

/** The answer for a saved recipient or attachment: its id and times, and for a large value the instance id. */
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
    item: saved.children.map((child, i) => savedChild(child, sent.item?.[i] ?? EMPTY_OBJECT, time, instanceId)),
    delProps: tags,
    modProps: tags.map((tag) => ({ tag, value: time })),
    bDelete: false,
    ulClientId: sent.ulClientId,
    ulServerId: saved.id,
    ulObjType: sent.ulObjType,
    ...(hasData || sent.lpInstanceIds ? { lpInstanceIds: [instanceId(saved.id)] } : {}),
  };
}

/** A message that a client saves. */
export interface MessageToSave {
  sent: SaveObject;
  entryId: Buffer | undefined;
  /** Of the folder; undefined for a message that is there already. */
  parentId: Buffer | undefined;
  /** MAPI_ASSOCIATED for one of the folder's associated messages. */
  flags: number;
  /** Of the synchronisation that the change comes from, which is not notified of it; 0: of none. */
  syncId: number;
}

/** Creates a message, or changes one that is there. Throws NO_ACCESS, OBJECT_DELETED and what saving a message throws. */
export async function saveMessageObject(
  call: Call,
  { sent, entryId, parentId, flags, syncId }: MessageToSave,
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
    item: saved.children.map((child, i) => savedChild(child, sent.item?.[i] ?? EMPTY_OBJECT, time, instance)),
    ...savedObject(properties, sent, saved.id),
    ...(set.has(PR.EC_IMAP_EMAIL)
      ? { lpInstanceIds: [instanceIdOf(context, place.store, saved.facts.id, 1, propertyId(PR.EC_IMAP_EMAIL))] }
      : {}),
  };
}

/** The folder of a message that is there, or the folder to create it in. Throws NO_ACCESS without the right to do so. */
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
  // The parent's entry id counts for a new message only.
  const [rows, parents] = parent
    ? await readBatch(db, message, folderInStoreStatement(db, scope, parent.store, parent.guid))
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
  // A deleted message is not created anew under its entry id.
  if (placed) throw new PamojaError('OBJECT_DELETED', 'the message was deleted');
  return { store: folder.store, folder: folder.folder, there: null };
}

/** The store and folder of an entry id; undefined when it is not a folder's. */
function folderIdOf(entryId: Buffer | undefined): { store: Buffer; guid: Buffer } | undefined {
  try {
    const { store, type, guid } = decodeEntryId(entryId);
    return type === OBJECT.FOLDER ? { store, guid } : undefined;
  } catch (error) {
    if (PamojaError.is(error, 'INVALID_ENTRYID')) return undefined;
    throw error;
  }
}
