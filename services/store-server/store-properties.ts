import type { PropertyBag } from '../../shared/mapi/property-document.ts';
import { PR, type PropertyTag, propertyId } from '../../shared/mapi/property-tags.ts';
import { rootFolder } from '../../shared/store/folders/mapi-folders.ts';
import { RIGHT } from '../../shared/store/folders/rights.ts';
import type { MapiStore } from '../../shared/store/stores/stores.ts';
import { ownsStore, rightsOn } from './access.ts';
import type { Call } from './operations/operation.ts';

/**
 * The properties of a store that everybody who sees it may read: names, entry ids, size and quota, as clients ask for them to open a
 * shared folder and Kopano's server answers them.
 * Everything else, such as the settings that a web client keeps there, is for the owner alone.
 */
const SHARED: Record<string, PropertyTag> = {
  PR_MESSAGE_SIZE_EXTENDED: PR.MESSAGE_SIZE_EXTENDED,
  PR_ACCESS_LEVEL: PR.ACCESS_LEVEL,
  PR_MAPPING_SIGNATURE: PR.MAPPING_SIGNATURE,
  PR_RECORD_KEY: PR.RECORD_KEY,
  PR_STORE_RECORD_KEY: PR.STORE_RECORD_KEY,
  PR_STORE_ENTRYID: PR.STORE_ENTRYID,
  PR_OBJECT_TYPE: PR.OBJECT_TYPE,
  PR_ENTRYID: PR.ENTRYID,
  PR_DISPLAY_NAME: PR.DISPLAY_NAME,
  PR_CREATION_TIME: PR.CREATION_TIME,
  PR_LAST_MODIFICATION_TIME: PR.LAST_MODIFICATION_TIME,
  PR_STORE_SUPPORT_MASK: 0x340d0003,
  PR_STORE_STATE: 0x340e0003,
  PR_MDB_PROVIDER: 0x34140102,
  PR_VALID_FOLDER_MASK: PR.VALID_FOLDER_MASK,
  PR_IPM_SUBTREE_ENTRYID: 0x35e00102,
  PR_IPM_OUTBOX_ENTRYID: 0x35e20102,
  PR_IPM_WASTEBASKET_ENTRYID: 0x35e30102,
  PR_IPM_SENTMAIL_ENTRYID: 0x35e40102,
  PR_VIEWS_ENTRYID: 0x35e50102,
  PR_COMMON_VIEWS_ENTRYID: 0x35e60102,
  PR_FINDER_ENTRYID: 0x35e70102,
  PR_USER_ENTRYID: 0x66190102,
  PR_USER_NAME: 0x661a001f,
  PR_MAILBOX_OWNER_ENTRYID: 0x661b0102,
  PR_MAILBOX_OWNER_NAME: 0x661c001f,
  PR_SCHEDULE_FOLDER_ENTRYID: 0x661e0102,
  PR_IPM_FAVORITES_ENTRYID: 0x66300102,
  PR_IPM_PUBLIC_FOLDERS_ENTRYID: PR.IPM_PUBLIC_FOLDERS_ENTRYID,
  PR_NON_IPM_SUBTREE_ENTRYID: PR.NON_IPM_SUBTREE_ENTRYID,
  PR_SPLUS_FREE_BUSY_ENTRYID: PR.SPLUS_FREE_BUSY_ENTRYID,
  PR_FREE_BUSY_FOR_LOCAL_SITE_ENTRYID: PR.FREE_BUSY_FOR_LOCAL_SITE_ENTRYID,
  PR_SORT_LOCALE_ID: 0x67050003,
  PR_QUOTA_WARNING_THRESHOLD: 0x67210003,
  PR_QUOTA_SEND_THRESHOLD: 0x67220003,
  PR_QUOTA_RECEIVE_THRESHOLD: 0x67230003,
};

/** Whether the owner is out of office, and what those who write to them are told (manual 5.1.3: for secretary rights too). */
const OUT_OF_OFFICE: Record<string, PropertyTag> = {
  PR_EC_OUTOFOFFICE: 0x6760000b,
  PR_EC_OUTOFOFFICE_MSG: 0x6761001f,
  PR_EC_OUTOFOFFICE_SUBJECT: 0x6762001f,
  PR_EC_OUTOFOFFICE_FROM: 0x67630040,
  PR_EC_OUTOFOFFICE_UNTIL: 0x67640040,
};

/** What Kopano's clients give with the level "secretary". */
const SECRETARY =
  RIGHT.READ | RIGHT.CREATE | RIGHT.EDIT_OWN | RIGHT.DELETE_OWN | RIGHT.EDIT_ALL | RIGHT.DELETE_ALL | RIGHT.VISIBLE;

const idsOf = (tags: Record<string, PropertyTag>): readonly number[] =>
  Object.values(tags).map((tag) => propertyId(tag));

/** Whether the caller may read a property of a store. */
export async function readableOfStore(
  { context, session }: Call,
  store: MapiStore,
): Promise<(tag: PropertyTag) => boolean> {
  if (await ownsStore(context, session, store)) return () => true;
  const root = await rootFolder(context.store.db, store);
  const isSecretary = ((await rightsOn(context, session, store, root.id)) & SECRETARY) === SECRETARY;
  const readable = new Set([...idsOf(SHARED), ...(isSecretary ? idsOf(OUT_OF_OFFICE) : [])]);
  return (tag) => readable.has(propertyId(tag));
}

/** Those of a bag that the caller may read. */
export const readableIn = (bag: PropertyBag, readable: (tag: PropertyTag) => boolean): PropertyBag =>
  new Map([...bag].filter(([tag]) => readable(tag)));
