import type { Database } from '../platform/database.ts';
import type { StoreContext } from './context.ts';
import type { FolderId, StoreRef } from './ids.ts';

/** Where messages of a class and of those below it arrive (MS-OXCSTOR §2.2.1.2). */
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

/** Sets the folder of a class; undefined takes it away. */
export async function setReceiveFolder(
  { db }: StoreContext,
  { tenant, store }: StoreRef,
  messageClass: string,
  folder: FolderId | undefined,
): Promise<void> {
  if (folder === undefined) {
    await db
      .deleteFrom('receive_folders')
      .where('tenant_id', '=', tenant)
      .where('store_id', '=', store)
      .where('message_class', '=', messageClass)
      .execute();
    return;
  }
  await db
    .insertInto('receive_folders')
    .values({ tenant_id: tenant, store_id: store, message_class: messageClass, folder_id: folder })
    .onDuplicateKeyUpdate({ folder_id: folder })
    .execute();
}
