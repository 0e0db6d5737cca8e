import { toFileTime } from '../mapi/filetime.ts';
import type { MapiObject, PropertyBag, PropertyValue } from '../mapi/property-document.ts';
import { isBlobValue, OBJECT } from '../mapi/property-document.ts';
import { PR, type PropertyTag, PT, propertyType, withType } from '../mapi/property-tags.ts';
import type { Property } from '../protocol/soap/types.ts';
import { FLAG } from './flags.ts';
import { changeKey, folderSourceKey, messageSourceKey, withChangeKey } from './keys.ts';
import { FOLDER_TYPE, type MapiFolder } from './mapi-folders.ts';
import { type MessageFacts, VIEW } from './mapi-messages.ts';
import type { MapiStore } from './mapi-stores.ts';
import { messageStatus } from './message-status.ts';
import { folderAccess, folderEntryId, messageAccess, messageEntryId } from './object-ids.ts';
import { RIGHT } from './rights.ts';
import { MSGFLAG } from './save-message.ts';

/** Seconds are all that a time has here, as clients know it. */
export const fileTime = (ms: number): bigint => toFileTime(Math.floor(ms / 1000) * 1000);

export const TAG = {
  ENTRYID: 0x0fff0102,
  RECORD_KEY: 0x0ff90102,
  PARENT_ENTRYID: 0x0e090102,
  ACCESS: 0x0ff40003,
  ACCESS_LEVEL: 0x0ff70003,
  OBJECT_TYPE: 0x0ffe0003,
  INSTANCE_KEY: 0x0ff60102,
  STORE_ENTRYID: 0x0ffb0102,
  STORE_RECORD_KEY: 0x0ffa0102,
  MAPPING_SIGNATURE: 0x0ff80102,
  DISPLAY_NAME: 0x3001001f,
  COMMENT: 0x3004001f,
  DEPTH: 0x30050003,
  CREATION_TIME: 0x30070040,
  LAST_MODIFICATION_TIME: 0x30080040,
  FOLDER_TYPE: 0x36010003,
  CONTENT_COUNT: 0x36020003,
  CONTENT_UNREAD: 0x36030003,
  SUBFOLDERS: 0x360a000b,
  CONTAINER_CLASS: 0x3613001f,
  ASSOC_CONTENT_COUNT: 0x36170003,
  SOURCE_KEY: 0x65e00102,
  PARENT_SOURCE_KEY: 0x65e10102,
  CHANGE_KEY: 0x65e20102,
  PREDECESSOR_CHANGE_LIST: 0x65e30102,
  FOLDER_CHILD_COUNT: 0x66380003,
  RIGHTS: 0x66390003,
  DELETED_MSG_COUNT: 0x66400003,
  DELETED_FOLDER_COUNT: 0x66410003,
  DELETED_ASSOC_MSG_COUNT: 0x66430003,
  LOCAL_COMMIT_TIME_MAX: 0x670a0040,
  MESSAGE_SIZE: 0x0e080003,
  MESSAGE_SIZE_EXTENDED: 0x0e080014,
  MESSAGE_FLAGS: 0x0e070003,
  MSG_STATUS: 0x0e170003,
  HASATTACH: 0x0e1b000b,
  MESSAGE_DELIVERY_TIME: 0x0e060040,
  EC_IMAP_ID: 0x67820003,
  EC_IMAP_EMAIL: 0x678c0102,
  EC_IMAP_EMAIL_SIZE: 0x678d0003,
  HIERARCHYID: 0x67110003,
  STORETYPE: 0x67120003,
  PARENT_HIERARCHY: 0x67150003,
  ASSOCIATED: 0x67aa000b,
  DELETED_ON: 0x668f0040,
  ATTACH_DATA_BIN: 0x37010102,
} as const;

/** Values of this size and more are only named; clients load them one by one. */
const MAX_INLINE = 8192;

/** Properties in the order of their tags. */
export const sorted = (bag: PropertyBag): Property[] =>
  [...bag]
    .map(([tag, value]) => [isBlobValue(value) ? withType(tag, value.type) : tag, value] as const)
    .sort(([a], [b]) => (a >>> 0) - (b >>> 0))
    .map(([tag, value]) => ({ tag, value: value as Property['value'] }));

/** What a load answers: all tags, and the values that are small enough. */
export function splitLarge(properties: readonly Property[]): { delProps: PropertyTag[]; modProps: Property[] } {
  return {
    delProps: properties.map(({ tag }) => tag),
    modProps: properties.filter(({ tag, value }) => !isBlobValue(value as PropertyValue) && isSmall(tag, value)),
  };
}

function isSmall(tag: PropertyTag, value: Property['value']): boolean {
  // Of bytes like these clients get no more than the name: they load them when they need them.
  if (tag === TAG.EC_IMAP_EMAIL || tag === TAG.ATTACH_DATA_BIN) return false;
  if (Buffer.isBuffer(value)) return value.length < MAX_INLINE;
  if (typeof value === 'string') return value.length < MAX_INLINE && Buffer.byteLength(value) < MAX_INLINE;
  return true;
}

/** Entry ids of default folders that a store tells its clients, by role (MS-OXPROPS; `properties` of a store). */
const STORE_FOLDERS: readonly (readonly [PropertyTag, MapiFolder['role']])[] = [
  [0x35e00102, 'subtree'],
  [0x35e20102, 'outbox'],
  [0x35e30102, 'deleted'],
  [0x35e40102, 'sent'],
  [0x35e50102, 'views'],
  [0x35e60102, 'common-views'],
  [0x35e70102, 'finder'],
  [0x661e0102, 'schedule'],
  [0x66300102, 'shortcut'],
];

/** The same that the root and the Inbox tell. */
const ROOT_FOLDERS: readonly (readonly [PropertyTag, MapiFolder['role']])[] = [
  [0x36d00102, 'calendar'],
  [0x36d10102, 'contacts'],
  [0x36d20102, 'journal'],
  [0x36d30102, 'notes'],
  [0x36d40102, 'tasks'],
  [0x36d70102, 'drafts'],
];

/** Which roles a client's properties of a store, the root or the Inbox stand for. */
export const ROLE_PROPERTIES: ReadonlyMap<PropertyTag, NonNullable<MapiFolder['role']>> = new Map(
  [...STORE_FOLDERS, ...ROOT_FOLDERS].flatMap(([tag, role]) => (role ? [[tag, role] as const] : [])),
);

function roleIds(store: MapiStore, folders: readonly MapiFolder[], table: typeof STORE_FOLDERS): PropertyBag {
  const bag: PropertyBag = new Map();
  for (const [tag, role] of table) {
    const folder = folders.find((each) => each.role === role);
    if (folder) bag.set(tag, folderEntryId(store, folder));
  }
  return bag;
}

/** PR_LAST_LOGON_TIME and PR_LAST_LOGOFF_TIME of a store's user, those that there have been. */
export const logonProperties = ({ logonAt, logoffAt }: MapiStore): PropertyBag =>
  new Map([
    ...(logonAt > 0 ? [[0x66a20040, toFileTime(logonAt)] as const] : []),
    ...(logoffAt > 0 ? [[0x66a30040, toFileTime(logoffAt)] as const] : []),
  ]);

/** What a store says of its folders, where no client has said it. */
export function storeFolderProperties(store: MapiStore, folders: readonly MapiFolder[]): PropertyBag {
  const bag = roleIds(store, folders, STORE_FOLDERS);
  if (store.kind === 'public') {
    const subtree = folders.find(({ role }) => role === 'subtree');
    const other = folders.find(({ role }) => role === 'non-ipm-subtree');
    if (subtree) bag.set(PR.IPM_PUBLIC_FOLDERS_ENTRYID, folderEntryId(store, subtree));
    if (other) bag.set(PR.NON_IPM_SUBTREE_ENTRYID, folderEntryId(store, other));
  } else if (bag.size > 0) bag.set(PR.VALID_FOLDER_MASK, 255);
  return bag;
}

/** Rights that change something. */
const CHANGES =
  RIGHT.CREATE | RIGHT.EDIT_OWN | RIGHT.DELETE_OWN | RIGHT.EDIT_ALL | RIGHT.DELETE_ALL | RIGHT.CREATE_SUBFOLDER;

/** All properties of a folder, in the order in which clients know them: those of its row and bag by their tags, then what follows from where it is. */
export function folderProperties(
  store: MapiStore,
  folder: MapiFolder,
  folders: readonly MapiFolder[],
  rights: number,
  deletedFolders = 0,
): Property[] {
  const isRoot = folder.type === FOLDER_TYPE.ROOT;
  const children = folders.filter(({ parent, type }) => parent === folder.id && type !== FOLDER_TYPE.SEARCH);
  const key = changeKey(store, folder.changedSeq);
  const bag: PropertyBag = new Map();
  bag.set(TAG.CREATION_TIME, fileTime(folder.createdAt));
  bag.set(TAG.LAST_MODIFICATION_TIME, fileTime(folder.modifiedAt));
  bag.set(TAG.FOLDER_TYPE, folder.type);
  if (!isRoot) {
    bag.set(TAG.DISPLAY_NAME, folder.name);
    if (folder.native) bag.set(TAG.COMMENT, '');
    bag.set(TAG.CONTENT_COUNT, folder.messages);
    bag.set(TAG.CONTENT_UNREAD, folder.unread);
    bag.set(TAG.SUBFOLDERS, children.length > 0);
    bag.set(TAG.ASSOC_CONTENT_COUNT, folder.associated);
    bag.set(TAG.FOLDER_CHILD_COUNT, children.length);
    bag.set(TAG.DELETED_MSG_COUNT, folder.deletedMessages);
    bag.set(TAG.DELETED_FOLDER_COUNT, deletedFolders);
    bag.set(TAG.DELETED_ASSOC_MSG_COUNT, 0);
    if (folder.containerClass) bag.set(TAG.CONTAINER_CLASS, folder.containerClass);
    if (folder.type !== FOLDER_TYPE.SEARCH) {
      bag.set(TAG.CHANGE_KEY, key);
      bag.set(TAG.PREDECESSOR_CHANGE_LIST, withChangeKey(undefined, key));
    }
    if (folder.committedAt > 0) bag.set(TAG.LOCAL_COMMIT_TIME_MAX, fileTime(folder.committedAt));
  }
  if (isRoot || folder.role === 'inbox') for (const [tag, value] of rootProperties(store, folders)) bag.set(tag, value);
  for (const [tag, value] of folder.properties) bag.set(tag, value);
  const parent = folders.find(({ id }) => id === folder.parent);
  return [
    ...sorted(bag),
    ...(isRoot || !parent ? [] : [{ tag: TAG.PARENT_SOURCE_KEY, value: folderSourceKey(parent) }]),
    { tag: TAG.SOURCE_KEY, value: folderSourceKey(folder) },
    { tag: TAG.RECORD_KEY, value: folderEntryId(store, folder) },
    { tag: TAG.PARENT_ENTRYID, value: folderEntryId(store, parent ?? folder) },
    { tag: TAG.RIGHTS, value: rights },
    { tag: TAG.ACCESS, value: folderAccess(rights) },
    { tag: TAG.ACCESS_LEVEL, value: rights & CHANGES ? 1 : 0 },
  ];
}

function rootProperties(store: MapiStore, folders: readonly MapiFolder[]): PropertyBag {
  const bag = store.kind === 'public' ? new Map() : roleIds(store, folders, ROOT_FOLDERS);
  const junk = folders.find(({ role }) => role === 'junk');
  const nothing = Buffer.alloc(0);
  if (junk && bag.size > 0)
    bag.set(PR.ADDITIONAL_REN_ENTRYIDS, [nothing, nothing, nothing, nothing, folderEntryId(store, junk)]);
  return bag;
}

/** PR_MESSAGE_FLAGS as it is now. */
export function messageFlags(message: MessageFacts, properties: PropertyBag, hasAttachments: boolean): number {
  const stored =
    Number(properties.get(TAG.MESSAGE_FLAGS) ?? 0) & ~(MSGFLAG.READ | MSGFLAG.HASATTACH | MSGFLAG.ASSOCIATED);
  return (
    stored |
    (message.flags & FLAG.SEEN ? MSGFLAG.READ : 0) |
    (message.flags & FLAG.DRAFT ? MSGFLAG.UNSENT : 0) |
    (hasAttachments ? MSGFLAG.HASATTACH : 0) |
    (message.view === VIEW.ASSOCIATED ? MSGFLAG.ASSOCIATED : 0)
  );
}

/** What follows from a message's row and place, to be laid over its bag. */
export function messageRowProperties(
  store: MapiStore,
  message: MessageFacts,
  properties: PropertyBag,
  hasAttachments: boolean,
): PropertyBag {
  const key =
    (properties.get(TAG.CHANGE_KEY) as Buffer | undefined) ?? changeKey(store, message.contentSeq || message.uid);
  const bag: PropertyBag = new Map<PropertyTag, PropertyValue>([
    [TAG.MESSAGE_FLAGS, messageFlags(message, properties, hasAttachments)],
    [TAG.MESSAGE_SIZE, message.size],
    [TAG.HASATTACH, hasAttachments],
    [TAG.CREATION_TIME, properties.get(TAG.CREATION_TIME) ?? fileTime(message.savedAt)],
    [TAG.LAST_MODIFICATION_TIME, properties.get(TAG.LAST_MODIFICATION_TIME) ?? fileTime(message.modifiedAt)],
    [TAG.CHANGE_KEY, key],
    [
      TAG.PREDECESSOR_CHANGE_LIST,
      (properties.get(TAG.PREDECESSOR_CHANGE_LIST) as Buffer | undefined) ?? withChangeKey(undefined, key),
    ],
    [TAG.EC_IMAP_ID, message.uid],
    ...(messageStatus(message) !== 0 ? [[TAG.MSG_STATUS, messageStatus(message)] as const] : []),
  ]);
  if (message.flags & FLAG.FLAGGED) bag.set(0x10900003, 2);
  if (message.flags & FLAG.ANSWERED && !properties.has(0x10810003)) bag.set(0x10810003, 102);
  return bag;
}

/** All properties of a message, in the order in which clients know them. `mime`: it came as MIME, and was never changed but as that. */
export function messageProperties(
  store: MapiStore,
  folder: MapiFolder,
  message: MessageFacts,
  object: MapiObject,
  rights: number,
  mime: boolean,
): Property[] {
  const hasAttachments = object.children.some(({ type }) => type === OBJECT.ATTACHMENT);
  const bag = new Map([
    ...object.properties,
    ...messageRowProperties(store, message, object.properties, hasAttachments),
  ]);
  if (mime && !bag.has(TAG.EC_IMAP_EMAIL_SIZE)) bag.set(TAG.EC_IMAP_EMAIL_SIZE, message.size);
  return [
    ...sorted(bag),
    { tag: TAG.PARENT_SOURCE_KEY, value: folderSourceKey(folder) },
    { tag: TAG.SOURCE_KEY, value: messageSourceKey(message) },
    ...(bag.has(TAG.EC_IMAP_EMAIL_SIZE) ? [{ tag: TAG.EC_IMAP_EMAIL, value: Buffer.alloc(0) }] : []),
    { tag: TAG.RECORD_KEY, value: messageEntryId(store, message.id) },
    { tag: TAG.PARENT_ENTRYID, value: folderEntryId(store, folder) },
    { tag: TAG.ACCESS, value: messageAccess(rights) },
    { tag: TAG.ACCESS_LEVEL, value: rights & 0x20 ? 1 : 0 },
  ];
}

/** Properties of what is below a message. */
export function childProperties(child: MapiObject): Property[] {
  const properties = sorted(child.properties);
  if (child.type === OBJECT.MAIL_USER || child.type === OBJECT.DIST_LIST)
    return [
      ...properties.filter(({ tag }) => tag !== TAG.INSTANCE_KEY && tag !== TAG.OBJECT_TYPE),
      { tag: TAG.INSTANCE_KEY, value: instanceKey(child.id) },
    ];
  const data = properties.filter(({ tag }) => tag === TAG.ATTACH_DATA_BIN);
  return [...properties.filter(({ tag }) => tag !== TAG.ATTACH_DATA_BIN), ...data];
}

export function instanceKey(id: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(id >>> 0, 0);
  return bytes;
}

/** The value of a property in the type that was asked for: text is text, in whichever of its two types. */
export function valueAs(bag: PropertyBag, tag: PropertyTag): PropertyValue | undefined {
  const exact = bag.get(tag);
  if (exact !== undefined) return exact;
  const type = propertyType(tag);
  const other =
    type === PT.STRING8
      ? PT.UNICODE
      : type === PT.UNICODE
        ? PT.STRING8
        : type === PT.MV_STRING8
          ? PT.MV_UNICODE
          : type === PT.MV_UNICODE
            ? PT.MV_STRING8
            : undefined;
  return other === undefined ? undefined : bag.get(withType(tag, other));
}

/** A bag as a client gives it: text always as Unicode, so that a property has one type. */
export function bagOf(properties: readonly Property[]): PropertyBag {
  return new Map(properties.map(({ tag, value }) => [asUnicode(tag), value as PropertyValue]));
}

export function asUnicode(tag: PropertyTag): PropertyTag {
  const type = propertyType(tag);
  if (type === PT.STRING8) return withType(tag, PT.UNICODE);
  return type === PT.MV_STRING8 ? withType(tag, PT.MV_UNICODE) : tag;
}
