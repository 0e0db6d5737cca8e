import type { Database } from '../../database/database.ts';
import type { PropertyTag } from '../../mapi/property-tags.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, MessageId } from '../engine/ids.ts';
import type { Folder } from '../folders/folder.ts';
import { VIEW } from '../messages/message-facts.ts';
import { openContent } from '../messages/open-message.ts';
import type { MapiStore } from '../stores/stores.ts';
import {
  isLarge,
  MESSAGE_ROW_COLUMNS,
  type MessageTableRow,
  messageTableRowOf,
  wantedBy,
} from './message-table-row.ts';

/** Reads the messages of a view of a folder, in the order in which they came; or messages of any folders of a store, by id. */
export async function messageRows(
  db: Database,
  store: MapiStore,
  folders: ReadonlyMap<FolderId, Folder>,
  where: { folder: FolderId; view: number } | { ids: readonly MessageId[]; views?: readonly number[] },
  rights: (folder: FolderId) => number,
): Promise<MessageTableRow[]> {
  if ('ids' in where && where.ids.length === 0) return [];
  const rows = await db
    .selectFrom('messages')
    .select(MESSAGE_ROW_COLUMNS)
    .where('messages.tenant_id', '=', store.tenant)
    .where('messages.store_id', '=', store.store)
    .$if('folder' in where, (query) =>
      'folder' in where ? query.where('folder_id', '=', where.folder).where('deleted', '=', where.view) : query,
    )
    .$if('ids' in where, (query) =>
      'ids' in where
        ? query.where('id', 'in', [...where.ids]).where('deleted', 'in', [...(where.views ?? [VIEW.LIVE])])
        : query,
    )
    .orderBy('messages.arrival_uid')
    .execute();
  return rows.flatMap((row) => {
    const folder = folders.get(row.folder_id as FolderId);
    return folder ? [messageTableRowOf(store, folder, row, rights(folder.id))] : [];
  });
}

/** Messages whose contents are opened at a time: whole ones, and their documents alone. */
const BATCH = { whole: 64, documents: 500 };

/**
 * Opens rows, so that they have the values of properties that need it: their documents, and their MIME only where a large property is asked
 * for. With `only`, no other properties are decoded.
 */
export async function openRows(
  context: StoreContext,
  store: MapiStore,
  rows: readonly MessageTableRow[],
  tags: readonly PropertyTag[],
  only = false,
): Promise<void> {
  const wanted = only ? wantedBy(tags) : undefined;
  const whole = tags.some(isLarge);
  const closed = rows.filter((row) => !row.isOpen(whole));
  const batch = whole ? BATCH.whole : BATCH.documents;
  for (let i = 0; i < closed.length; i += batch) {
    const some = new Map(closed.slice(i, i + batch).map((row) => [row.facts.id.toString('hex'), row]));
    const ids = [...some.values()].map(({ facts }) => facts.id);
    const opening = whole
      ? (await contentsOf(context.db, store, ids).select(['id', 'properties', 'mime', 'parts']).execute()).map(
          async (content) => {
            const row = some.get(content.id.toString('hex'));
            row?.openObject((await openContent(context, store.tenant, content, row.facts.size)).object);
          },
        )
      : (await contentsOf(context.db, store, ids).select(['id', 'properties']).execute()).map((content) => {
          some.get(content.id.toString('hex'))?.openDocument(content.properties, wanted);
        });
    await Promise.all(opening);
  }
}

const contentsOf = (db: Database, { tenant, store }: MapiStore, ids: readonly MessageId[]) =>
  db
    .selectFrom('message_contents')
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('id', 'in', [...ids]);
