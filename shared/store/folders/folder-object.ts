import { ACCESS_LEVEL } from '../../mapi/access.ts';
import { toFileTime } from '../../mapi/filetime.ts';
import type { Property, PropertyBag } from '../../mapi/property.ts';
import { PR, type PropertyTag } from '../../mapi/property-tags.ts';
import { fileTime, sorted } from '../content/property-list.ts';
import type { FolderId } from '../engine/ids.ts';
import type { MapiStore } from '../stores/stores.ts';
import { changeKey, folderSourceKey, withChangeKey } from './change-keys.ts';
import { folderAccess, folderEntryId } from './entry-ids.ts';
import { FOLDER_TYPE, type Folder } from './folder.ts';
import { RIGHT } from './rights.ts';

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

/** Properties that only public stores have. */
const PUBLIC_FOLDERS: typeof STORE_FOLDERS = [
  [PR.IPM_PUBLIC_FOLDERS_ENTRYID, 'subtree'],
  [PR.NON_IPM_SUBTREE_ENTRYID, 'non-ipm-subtree'],
  [PR.SPLUS_FREE_BUSY_ENTRYID, 'free-busy'],
  [PR.FREE_BUSY_FOR_LOCAL_SITE_ENTRYID, 'local-free-busy'],
];

/** Entry ids of default folders that the root and the Inbox tell, by role. */
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

/** PR_LAST_LOGON_TIME and PR_LAST_LOGOFF_TIME of a store's user, where there was a logon or logoff. */
export const logonProperties = ({ logonAt, logoffAt }: MapiStore): PropertyBag =>
  new Map([
    ...(logonAt > 0 ? [[PR.LAST_LOGON_TIME, toFileTime(logonAt)] as const] : []),
    ...(logoffAt > 0 ? [[PR.LAST_LOGOFF_TIME, toFileTime(logoffAt)] as const] : []),
  ]);

/** The entry ids of default folders, where no client has set them. */
export function storeFolderProperties(store: MapiStore, folders: readonly Folder[]): PropertyBag {
  const bag = roleIds(store, folders, STORE_FOLDERS);
  if (store.kind === 'public') {
    // A client that has made the store sets the entry ids of its folders itself.
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
