import { ownsStore, rightsOn } from '../../shared/access/store-rights.ts';
import type { PropertyBag } from '../../shared/mapi/property.ts';
import { PR, type PropertyTag, propertyId } from '../../shared/mapi/property-tags.ts';
import { rootFolder } from '../../shared/store/folders/folder.ts';
import { RIGHT } from '../../shared/store/folders/rights.ts';
import type { MapiStore } from '../../shared/store/stores/stores.ts';
import type { Call } from './operations/operation.ts';

/**
 * The properties of a store that everybody who sees it may read: names, entry ids, size and quota, as clients ask for them to open a
 * shared folder and Kopano's server answers them.
 * Everything else, such as the settings that a web client keeps there, is for the owner alone.
 */
const SHARED: readonly PropertyTag[] = [
  PR.MESSAGE_SIZE_EXTENDED,
  PR.ACCESS_LEVEL,
  PR.MAPPING_SIGNATURE,
  PR.RECORD_KEY,
  PR.STORE_RECORD_KEY,
  PR.STORE_ENTRYID,
  PR.OBJECT_TYPE,
  PR.ENTRYID,
  PR.DISPLAY_NAME,
  PR.CREATION_TIME,
  PR.LAST_MODIFICATION_TIME,
  PR.STORE_SUPPORT_MASK,
  PR.STORE_STATE,
  PR.MDB_PROVIDER,
  PR.VALID_FOLDER_MASK,
  PR.IPM_SUBTREE_ENTRYID,
  PR.IPM_OUTBOX_ENTRYID,
  PR.IPM_WASTEBASKET_ENTRYID,
  PR.IPM_SENTMAIL_ENTRYID,
  PR.VIEWS_ENTRYID,
  PR.COMMON_VIEWS_ENTRYID,
  PR.FINDER_ENTRYID,
  PR.USER_ENTRYID,
  PR.USER_NAME,
  PR.MAILBOX_OWNER_ENTRYID,
  PR.MAILBOX_OWNER_NAME,
  PR.SCHEDULE_FOLDER_ENTRYID,
  PR.IPM_FAVORITES_ENTRYID,
  PR.IPM_PUBLIC_FOLDERS_ENTRYID,
  PR.NON_IPM_SUBTREE_ENTRYID,
  PR.SPLUS_FREE_BUSY_ENTRYID,
  PR.FREE_BUSY_FOR_LOCAL_SITE_ENTRYID,
  PR.SORT_LOCALE_ID,
  PR.QUOTA_WARNING_THRESHOLD,
  PR.QUOTA_SEND_THRESHOLD,
  PR.QUOTA_RECEIVE_THRESHOLD,
];

/** Whether the owner is out of office, and the text of the reply (manual 5.1.3: for secretary rights too). */
const OUT_OF_OFFICE: readonly PropertyTag[] = [
  PR.EC_OUTOFOFFICE,
  PR.EC_OUTOFOFFICE_MSG,
  PR.EC_OUTOFOFFICE_SUBJECT,
  PR.EC_OUTOFOFFICE_FROM,
  PR.EC_OUTOFOFFICE_UNTIL,
];

/** The rights that Kopano's clients give with the level "secretary". */
const SECRETARY =
  RIGHT.READ | RIGHT.CREATE | RIGHT.EDIT_OWN | RIGHT.DELETE_OWN | RIGHT.EDIT_ALL | RIGHT.DELETE_ALL | RIGHT.VISIBLE;

/** Whether the caller may read a property of a store. */
export async function readableOfStore(
  { context, session }: Call,
  store: MapiStore,
): Promise<(tag: PropertyTag) => boolean> {
  if (await ownsStore(context.store, session.caller, store)) return () => true;
  const root = await rootFolder(context.store.db, store);
  const isSecretary = ((await rightsOn(context.store, session.caller, store, root.id)) & SECRETARY) === SECRETARY;
  const readable = new Set([...SHARED, ...(isSecretary ? OUT_OF_OFFICE : [])].map(propertyId));
  return (tag) => readable.has(propertyId(tag));
}

/** The properties of a bag that the caller may read. */
export const readableIn = (bag: PropertyBag, readable: (tag: PropertyTag) => boolean): PropertyBag =>
  new Map([...bag].filter(([tag]) => readable(tag)));
