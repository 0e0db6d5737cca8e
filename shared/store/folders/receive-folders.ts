import type { Database } from '../../database/database.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreRef } from '../engine/ids.ts';
import { changeStore } from '../engine/store-lock.ts';
import { FOLDER_TYPE } from './folder.ts';
import { giveRole, holderOfMessages } from './folder-role.ts';

/** The folder in which messages of a class, and of its subclasses, arrive (MS-OXCSTOR §2.2.1.2). */
export interface ReceiveFolder {
  messageClass: string;
  folder: FolderId;
}

export async function listReceiveFolders(db: Database, { tenant, store }: StoreRef): Promise<ReceiveFolder[]> {
  const rows = await db
    .selectFrom('receive_folders')
    .select(['message_class', 'folder_id'])
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .orderBy('message_class')
    .execute();
  return rows.map((row) => ({ messageClass: row.message_class, folder: row.folder_id as FolderId }));
}

/** Removes the folder that a client has set for a message class. */
export async function unsetReceiveFolder(
  { db }: StoreContext,
  { tenant, store }: StoreRef,
  messageClass: string,
): Promise<void> {
  await db
    .deleteFrom('receive_folders')
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('message_class', '=', messageClass)
    .execute();
}

/**
 * Sets the folder of a message class. The folder of the empty class becomes the Inbox, for delivery and for every mail client.
 * Throws NOT_FOUND for a folder that is not in the store, and NO_SUPPORT for one that holds no messages.
 */
export async function setReceiveFolder(
  context: StoreContext,
  ref: StoreRef,
  messageClass: string,
  id: FolderId,
): Promise<void> {
  await changeStore(context, ref, async (store) => {
    const folder = await holderOfMessages(store.tx, ref, id);
    await store.tx
      .insertInto('receive_folders')
      .values({ tenant_id: ref.tenant, store_id: ref.store, message_class: messageClass, folder_id: id })
      .onDuplicateKeyUpdate({ folder_id: id })
      .execute();
    // The root is never the Inbox: it receives messages between programs (IPC).
    if (messageClass === '' && folder.type === FOLDER_TYPE.GENERIC) await giveRole(store, folder, 'inbox');
  });
}
