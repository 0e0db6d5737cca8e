import { MAPI_ACCESS } from '../../mapi/access.ts';
import { encodeEntryId } from '../../mapi/entry-id.ts';
import { OBJECT } from '../../mapi/property-document.ts';
import type { MapiStore } from '../stores/stores.ts';
import type { Folder } from './folder.ts';
import { RIGHT } from './rights.ts';

/** PR_ACCESS of a folder. */
export const folderAccess = (rights: number): number =>
  (rights & RIGHT.FOLDER_OWNER ? MAPI_ACCESS.MODIFY | MAPI_ACCESS.DELETE | MAPI_ACCESS.CREATE_ASSOCIATED : 0) |
  (rights & RIGHT.READ ? MAPI_ACCESS.READ : 0) |
  (rights & RIGHT.CREATE_SUBFOLDER ? MAPI_ACCESS.CREATE_HIERARCHY : 0) |
  (rights & RIGHT.CREATE ? MAPI_ACCESS.CREATE_CONTENTS : 0);

/** PR_ACCESS of a message. */
export const messageAccess = (rights: number): number =>
  (rights & RIGHT.EDIT_ALL ? MAPI_ACCESS.MODIFY : 0) |
  (rights & RIGHT.READ ? MAPI_ACCESS.READ : 0) |
  (rights & RIGHT.DELETE_ALL ? MAPI_ACCESS.DELETE : 0);

export const storeEntryId = (store: MapiStore): Buffer =>
  encodeEntryId({ store: store.guid, type: OBJECT.STORE, guid: store.recordGuid });
export const folderEntryId = (store: Pick<MapiStore, 'guid'>, folder: Pick<Folder, 'guid'>): Buffer =>
  encodeEntryId({ store: store.guid, type: OBJECT.FOLDER, guid: folder.guid });
export const messageEntryId = (store: Pick<MapiStore, 'guid'>, id: Buffer): Buffer =>
  encodeEntryId({ store: store.guid, type: OBJECT.MESSAGE, guid: id });
