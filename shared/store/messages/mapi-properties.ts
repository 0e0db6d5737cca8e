import { ACCESS_LEVEL } from '../../mapi/access.ts';
import { toFileTime } from '../../mapi/filetime.ts';
import { FOLLOW_UP, MSGFLAG, VERB } from '../../mapi/message-flags.ts';
import type { Property, PropertyBag, PropertyValue } from '../../mapi/property.ts';
import { isBlobValue } from '../../mapi/property.ts';
import { asUnicode } from '../../mapi/property-bag.ts';
import type { MapiObject } from '../../mapi/property-document.ts';
import { OBJECT } from '../../mapi/property-document.ts';
import { PR, type PropertyTag, withType } from '../../mapi/property-tags.ts';
import type { FolderId } from '../engine/ids.ts';
import { folderAccess, folderEntryId, messageAccess, messageEntryId } from '../folders/entry-ids.ts';
import { FOLDER_TYPE, type Folder } from '../folders/folder.ts';
import { RIGHT } from '../folders/rights.ts';
import type { MapiStore } from '../stores/stores.ts';
import { changeKey, folderSourceKey, messageSourceKey, withChangeKey } from './change-keys.ts';
import { FLAG } from './flags.ts';
import { type MessageFacts, VIEW } from './mapi-messages.ts';
import { messageStatus } from './message-status.ts';

/** Seconds are all that a time has here, as clients know it. */
export const fileTime = (ms: number): bigint => toFileTime(Math.floor(ms / 1000) * 1000);

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
  if (tag === PR.EC_IMAP_EMAIL || tag === PR.ATTACH_DATA_BIN) return false;
  if (Buffer.isBuffer(value)) return value.length < MAX_INLINE;
  if (typeof value === 'string') return value.length < MAX_INLINE && Buffer.byteLength(value) < MAX_INLINE;
  return true;
}

/** Entry ids of default folders that a store tells its clients, by role (MS-OXPROPS; `properties` of a store). */
const STORE_FOLDERS: readonly (readonly [PropertyTag, Folder['role']])[] = [
  [PR.IPM_SUBTREE_ENTRYID, 'subtree'],
  [PR.IPM_OUTBOX_ENTRYID, 'outbox'],
  [PR.IPM_WASTEBASKET_ENTRYID, 'deleted'],
  [PR.IPM_SENTMAIL_ENTRYID, 'sent'],
  [PR.VIEWS_ENTRYID, 'views'],
  [PR.COMMON_VIEWS_ENTRYID, 'common-views'],
  [PR.FINDER_ENTRYID, 'finder'],
  [PR.SCHEDULE_FOLDER_ENTRYID, 'schedule'],
  [PR.IPM_FAVORITES_ENTRYID, 'shortcut'],
];

/** Those that a public store tells besides. */
const PUBLIC_FOLDERS: typeof STORE_FOLDERS = [
  [PR.IPM_PUBLIC_FOLDERS_ENTRYID, 'subtree'],
  [PR.NON_IPM_SUBTREE_ENTRYID, 'non-ipm-subtree'],
  [PR.SPLUS_FREE_BUSY_ENTRYID, 'free-busy'],
  [PR.FREE_BUSY_FOR_LOCAL_SITE_ENTRYID, 'local-free-busy'],
];

/** The same that the root and the Inbox tell. */
const ROOT_FOLDERS: readonly (readonly [PropertyTag, Folder['role']])[] = [
  [PR.IPM_APPOINTMENT_ENTRYID, 'calendar'],
  [PR.IPM_CONTACT_ENTRYID, 'contacts'],
  [PR.IPM_JOURNAL_ENTRYID, 'journal'],
  [PR.IPM_NOTE_ENTRYID, 'notes'],
  [PR.IPM_TASK_ENTRYID, 'tasks'],
  [PR.IPM_DRAFTS_ENTRYID, 'drafts'],
];

/** Which roles a client's properties of a store, the root or the Inbox stand for. */
export const ROLE_PROPERTIES: ReadonlyMap<PropertyTag, NonNullable<Folder['role']>> = new Map(
  [...STORE_FOLDERS, ...ROOT_FOLDERS].flatMap(([tag, role]) => (role ? [[tag, role] as const] : [])),
);

function roleIds(store: MapiStore, folders: readonly Folder[], table: typeof STORE_FOLDERS): PropertyBag {
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
    ...(logonAt > 0 ? [[PR.LAST_LOGON_TIME, toFileTime(logonAt)] as const] : []),
    ...(logoffAt > 0 ? [[PR.LAST_LOGOFF_TIME, toFileTime(logoffAt)] as const] : []),
  ]);

/** What a store says of its folders, where no client has said it. */
export function storeFolderProperties(store: MapiStore, folders: readonly Folder[]): PropertyBag {
  const bag = roleIds(store, folders, STORE_FOLDERS);
  if (store.kind === 'public') {
    // A client that has made the store has said where its folders are.
    if (!store.properties.has(PR.NON_IPM_SUBTREE_ENTRYID))
      for (const [tag, value] of roleIds(store, folders, PUBLIC_FOLDERS)) bag.set(tag, value);
  } else if (bag.size > 0) bag.set(PR.VALID_FOLDER_MASK, 255);
  return bag;
}

/** Rights that change something. */
const CHANGES =
  RIGHT.CREATE | RIGHT.EDIT_OWN | RIGHT.DELETE_OWN | RIGHT.EDIT_ALL | RIGHT.DELETE_ALL | RIGHT.CREATE_SUBFOLDER;

/** All properties of a folder, in the order in which clients know them: those of its row and bag by their tags, then what follows from where it is. */
export function folderProperties(
  store: MapiStore,
  folder: Folder,
  folders: readonly Folder[],
  rights: number,
  {
    deletedFolders = 0,
    visible = () => true,
  }: { deletedFolders?: number; visible?: (folder: FolderId) => boolean } = {},
): Property[] {
  const isRoot = folder.type === FOLDER_TYPE.ROOT;
  const children = folders.filter(
    ({ id, parent, type }) => parent === folder.id && type !== FOLDER_TYPE.SEARCH && visible(id),
  );
  const key = changeKey(store, folder.changedSeq);
  const bag: PropertyBag = new Map();
  bag.set(PR.CREATION_TIME, fileTime(folder.createdAt));
  bag.set(PR.LAST_MODIFICATION_TIME, fileTime(folder.modifiedAt));
  bag.set(PR.FOLDER_TYPE, folder.type);
  if (!isRoot) {
    bag.set(PR.DISPLAY_NAME, folder.name);
    if (folder.native) bag.set(PR.COMMENT, '');
    bag.set(PR.CONTENT_COUNT, folder.messages);
    bag.set(PR.CONTENT_UNREAD, folder.unseen);
    bag.set(PR.SUBFOLDERS, children.length > 0);
    bag.set(PR.ASSOC_CONTENT_COUNT, folder.associated);
    bag.set(PR.FOLDER_CHILD_COUNT, children.length);
    bag.set(PR.DELETED_MSG_COUNT, folder.deletedMessages);
    bag.set(PR.DELETED_FOLDER_COUNT, deletedFolders);
    bag.set(PR.DELETED_ASSOC_MSG_COUNT, 0);
    if (folder.containerClass) bag.set(PR.CONTAINER_CLASS, folder.containerClass);
    if (folder.type !== FOLDER_TYPE.SEARCH) {
      bag.set(PR.CHANGE_KEY, key);
      bag.set(PR.PREDECESSOR_CHANGE_LIST, withChangeKey(undefined, key));
    }
    if (folder.committedAt > 0) bag.set(PR.LOCAL_COMMIT_TIME_MAX, fileTime(folder.committedAt));
  }
  if (isRoot || folder.role === 'inbox') for (const [tag, value] of rootProperties(store, folders)) bag.set(tag, value);
  for (const [tag, value] of folder.properties) bag.set(tag, value);
  const parent = folders.find(({ id }) => id === folder.parent);
  return [
    ...sorted(bag),
    ...(isRoot || !parent ? [] : [{ tag: PR.PARENT_SOURCE_KEY, value: folderSourceKey(parent) }]),
    { tag: PR.SOURCE_KEY, value: folderSourceKey(folder) },
    { tag: PR.RECORD_KEY, value: folderEntryId(store, folder) },
    { tag: PR.PARENT_ENTRYID, value: folderEntryId(store, parent ?? folder) },
    { tag: PR.RIGHTS, value: rights },
    { tag: PR.ACCESS, value: folderAccess(rights) },
    { tag: PR.ACCESS_LEVEL, value: rights & CHANGES ? ACCESS_LEVEL.MODIFY : ACCESS_LEVEL.READ_ONLY },
  ];
}

function rootProperties(store: MapiStore, folders: readonly Folder[]): PropertyBag {
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
    Number(properties.get(PR.MESSAGE_FLAGS) ?? 0) & ~(MSGFLAG.READ | MSGFLAG.HASATTACH | MSGFLAG.ASSOCIATED);
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
    (properties.get(PR.CHANGE_KEY) as Buffer | undefined) ?? changeKey(store, message.contentSeq || message.uid);
  const bag: PropertyBag = new Map<PropertyTag, PropertyValue>([
    [PR.MESSAGE_FLAGS, messageFlags(message, properties, hasAttachments)],
    [PR.MESSAGE_SIZE, message.size],
    [PR.HASATTACH, hasAttachments],
    [PR.CREATION_TIME, properties.get(PR.CREATION_TIME) ?? fileTime(message.savedAt)],
    [PR.LAST_MODIFICATION_TIME, properties.get(PR.LAST_MODIFICATION_TIME) ?? fileTime(message.modifiedAt)],
    [PR.CHANGE_KEY, key],
    [
      PR.PREDECESSOR_CHANGE_LIST,
      (properties.get(PR.PREDECESSOR_CHANGE_LIST) as Buffer | undefined) ?? withChangeKey(undefined, key),
    ],
    [PR.EC_IMAP_ID, message.uid],
    ...(messageStatus(message) !== 0 ? [[PR.MSG_STATUS, messageStatus(message)] as const] : []),
  ]);
  if (message.flags & FLAG.FLAGGED) bag.set(PR.FLAG_STATUS, FOLLOW_UP.FLAGGED);
  if (message.flags & FLAG.ANSWERED && !properties.has(PR.LAST_VERB_EXECUTED))
    bag.set(PR.LAST_VERB_EXECUTED, VERB.REPLY_TO_SENDER);
  return bag;
}

/** All properties of a message, in the order in which clients know them. `mime`: it came as MIME, and was never changed but as that. */
export function messageProperties(
  store: MapiStore,
  folder: Folder,
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
  if (mime && !bag.has(PR.EC_IMAP_EMAIL_SIZE)) bag.set(PR.EC_IMAP_EMAIL_SIZE, message.size);
  return [
    ...sorted(bag),
    { tag: PR.PARENT_SOURCE_KEY, value: folderSourceKey(folder) },
    { tag: PR.SOURCE_KEY, value: messageSourceKey(message) },
    ...(bag.has(PR.EC_IMAP_EMAIL_SIZE) ? [{ tag: PR.EC_IMAP_EMAIL, value: Buffer.alloc(0) }] : []),
    { tag: PR.RECORD_KEY, value: messageEntryId(store, message.id) },
    { tag: PR.PARENT_ENTRYID, value: folderEntryId(store, folder) },
    { tag: PR.ACCESS, value: messageAccess(rights) },
    { tag: PR.ACCESS_LEVEL, value: rights & RIGHT.EDIT_ALL ? ACCESS_LEVEL.MODIFY : ACCESS_LEVEL.READ_ONLY },
  ];
}

/** Properties of what is below a message. */
export function childProperties(child: MapiObject): Property[] {
  const properties = sorted(child.properties);
  if (child.type === OBJECT.MAIL_USER || child.type === OBJECT.DIST_LIST)
    return [
      ...properties.filter(({ tag }) => tag !== PR.INSTANCE_KEY && tag !== PR.OBJECT_TYPE),
      { tag: PR.INSTANCE_KEY, value: instanceKey(child.id) },
    ];
  const data = properties.filter(({ tag }) => tag === PR.ATTACH_DATA_BIN);
  return [...properties.filter(({ tag }) => tag !== PR.ATTACH_DATA_BIN), ...data];
}

export function instanceKey(id: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(id >>> 0, 0);
  return bytes;
}

/** A bag as a client gives it: text always as Unicode, so that a property has one type. */
export function bagOf(properties: readonly Property[]): PropertyBag {
  return new Map(properties.map(({ tag, value }) => [asUnicode(tag), value as PropertyValue]));
}
