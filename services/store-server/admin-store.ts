import { createHash } from 'node:crypto';
import { SYSTEM_ENTRY_ID } from '../../shared/address-book/address-book-ids.ts';
import { ACCESS_LEVEL } from '../../shared/mapi/access.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import type { ServerContext } from './context.ts';
import { SERVER_PATH } from './server-identity.ts';

// SYSTEM has an empty store, so that clients that log on as SYSTEM have a store to open.

/** The GUID of SYSTEM's store, derived from that of the server. */
export const adminStoreGuid = (serverGuid: Buffer): Buffer =>
  createHash('sha256').update(serverGuid).update('admin store').digest().subarray(0, 16);

/** The entry id of the store, version 0: GUID of the store, version, type, object id. */
function entryId(context: ServerContext, type: number, id: number): Buffer {
  const bytes = Buffer.alloc(36);
  context.adminStoreGuid.copy(bytes, 4);
  bytes.writeUInt16LE(type, 24);
  bytes.writeUInt32LE(id, 28);
  return bytes;
}

export const isAdminStore = (context: ServerContext, id: Buffer | undefined): boolean =>
  id !== undefined && id.length >= 36 && id.subarray(4, 20).equals(context.adminStoreGuid);

export const adminStore = (context: ServerContext) => ({
  er: 0,
  sStoreId: entryId(context, 1, 1),
  sRootId: entryId(context, 3, 2),
  guid: context.adminStoreGuid,
  lpszServerPath: SERVER_PATH,
});

/** The properties of SYSTEM's store. */
export const adminStoreProperties = (context: ServerContext) => [
  { tag: PR.DISPLAY_NAME, value: 'Admin store' },
  { tag: PR.USER_NAME, value: 'SYSTEM' },
  { tag: PR.USER_ENTRYID, value: SYSTEM_ENTRY_ID },
  { tag: PR.MAILBOX_OWNER_NAME, value: 'SYSTEM' },
  { tag: PR.MAILBOX_OWNER_ENTRYID, value: SYSTEM_ENTRY_ID },
  { tag: PR.DISPLAY_NAME, value: 'Inbox - SYSTEM' },
  { tag: PR.MAPPING_SIGNATURE, value: context.serverGuid },
  { tag: PR.SORT_LOCALE_ID, value: 1033 },
  { tag: PR.RECORD_KEY, value: entryId(context, 1, 1) },
  { tag: PR.ACCESS_LEVEL, value: ACCESS_LEVEL.MODIFY },
];

export const isAdminRoot = (context: ServerContext, id: Buffer | undefined): boolean =>
  isAdminStore(context, id) && id?.readUInt16LE(24) === 3;
