import { encodeEntryId } from '../../mapi/entry-id.ts';
import { OBJECT } from '../../mapi/property-document.ts';
import type { MapiStore } from '../stores/stores.ts';
import type { MapiFolder } from './mapi-folders.ts';
import { RIGHT } from './rights.ts';

/** Bits of PR_ACCESS (MS-OXCPRPT §2.2.1.1). */
const ACCESS = { MODIFY: 1, READ: 2, DELETE: 4, CREATE_HIERARCHY: 8, CREATE_CONTENTS: 16, CREATE_ASSOCIATED: 32 };

/** PR_ACCESS of a folder. */
export const folderAccess = (rights: number): number =>
  (rights & RIGHT.FOLDER_OWNER ? ACCESS.MODIFY | ACCESS.DELETE | ACCESS.CREATE_ASSOCIATED : 0) |
  (rights & RIGHT.READ ? ACCESS.READ : 0) |
  (rights & RIGHT.CREATE_SUBFOLDER ? ACCESS.CREATE_HIERARCHY : 0) |
  (rights & RIGHT.CREATE ? ACCESS.CREATE_CONTENTS : 0);

/** PR_ACCESS of a message. */
export const messageAccess = (rights: number): number =>
  (rights & RIGHT.EDIT_ALL ? ACCESS.MODIFY : 0) |
  (rights & RIGHT.READ ? ACCESS.READ : 0) |
  (rights & RIGHT.DELETE_ALL ? ACCESS.DELETE : 0);

export const storeEntryId = (store: MapiStore): Buffer =>
  encodeEntryId({ store: store.guid, type: OBJECT.STORE, guid: store.recordGuid });
export const folderEntryId = (store: Pick<MapiStore, 'guid'>, folder: Pick<MapiFolder, 'guid'>): Buffer =>
  encodeEntryId({ store: store.guid, type: OBJECT.FOLDER, guid: folder.guid });
export const messageEntryId = (store: Pick<MapiStore, 'guid'>, id: Buffer): Buffer =>
  encodeEntryId({ store: store.guid, type: OBJECT.MESSAGE, guid: id });
