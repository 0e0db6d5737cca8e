import { followFromNow } from '../../../shared/ics/follow-changes.ts';
import { asUnicode } from '../../../shared/mapi/property-bag.ts';
import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import type { SortOrder } from '../../../shared/mapi/sort-order.ts';
import { CHANGE, type Change, lastChange } from '../../../shared/store/engine/changes.ts';
import type { FolderId } from '../../../shared/store/engine/ids.ts';
import { type Folder, listFolders } from '../../../shared/store/folders/folder.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import { VIEW } from '../../../shared/store/messages/message-facts.ts';
import type { MapiStore } from '../../../shared/store/stores/stores.ts';
import { isCheap, sortsCheaply } from '../../../shared/store/tables/message-columns.ts';
import { MessagePages, type PageOrder } from '../../../shared/store/tables/message-pages.ts';
import type { MessageTableRow } from '../../../shared/store/tables/message-table-row.ts';
import { messageRows, openRows } from '../../../shared/store/tables/open-rows.ts';
import { catchUpSearches, searchResults } from '../../../shared/store/tables/search-folders.ts';
import { canSortByColumns, SortedPages } from '../../../shared/store/tables/sorted-pages.ts';
import type { SortedTextColumn } from '../../../shared/store/tables/text-order.ts';
import { TextPages } from '../../../shared/store/tables/text-pages.ts';
import type { ServerContext } from '../context.ts';
import type { RowSource, Touched } from './row-source.ts';
import type { Access, TableAccess } from './table-access.ts';

/** Columns of a contents table whose client asked for none (MAPI's required ones). */
const COLUMNS = [
  PR.ENTRYID,
  PR.INSTANCE_KEY,
  PR.RECORD_KEY,
  PR.OBJECT_TYPE,
  PR.MESSAGE_CLASS,
  PR.MESSAGE_FLAGS,
  PR.SUBJECT,
  PR.SENT_REPRESENTING_NAME,
  PR.DISPLAY_TO,
  PR.MESSAGE_DELIVERY_TIME,
  PR.MESSAGE_SIZE,
  PR.HASATTACH,
  PR.LAST_MODIFICATION_TIME,
  PR.PARENT_ENTRYID,
  PR.STORE_ENTRYID,
];

/** The session's rights on the folder, read again while the table is open; and its rights on each folder of a store. */
interface TableRights {
  rights: number;
  now: TableAccess;
  onEach: (store: MapiStore) => Promise<(folder: FolderId) => number>;
}

/** The messages of a folder: live, associated or soft-deleted; those of a search folder are its results. */
export function contentsTable(
  context: ServerContext,
  store: MapiStore,
  folder: Folder,
  view: number,
  { rights, now, onEach }: TableRights,
): RowSource {
  let access: Pick<Access, 'rights' | 'stamp'> = { rights, stamp: '' };
  const { db } = context.store;
  const read = async (): Promise<MessageTableRow[]> => {
    if (!folder.search || view !== VIEW.LIVE)
      return messageRows(db, store, new Map([[folder.id, folder]]), { folder: folder.id, view }, () => access.rights);
    const folders = new Map((await listFolders(db, store)).map((each) => [each.id, each]));
    await catchUpSearches(context.store, store);
    const ids = await searchResults(context.store, store, folder.id);
    const each = await onEach((await now()).store);
    const rows: MessageTableRow[] = [];
    for (let i = 0; i < ids.length; i += 500)
      rows.push(...(await messageRows(db, store, folders, { ids: ids.slice(i, i + 500) }, each)));
    // The right to read the search folder is none to read the folders of its results: each is checked.
    return rows.filter(({ facts }) => (each(facts.folder) & RIGHT.READ) !== 0);
  };
  return {
    columns: COLUMNS,
    rows: read,
    async requireReady() {
      access = await now();
    },
    newestFirst: true,
    cheap: isCheap,
    sortsCheaply,
    pages(orders, columns, restriction) {
      if (folder.search && view === VIEW.LIVE) return undefined;
      const paged = { store, folder, view, rights: access.rights, columns };
      const order = restriction ? undefined : pageOrder(orders);
      if (order) return new MessagePages(db, paged, order);
      const byText = restriction || view !== VIEW.LIVE ? undefined : textOrder(orders);
      if (byText) return new TextPages(db, paged, context.textOrders, byText);
      return canSortByColumns(orders, restriction)
        ? new SortedPages(context.store, paged, orders, restriction)
        : undefined;
    },
    open: (rows, tags) => openRows(context.store, store, rows as MessageTableRow[], tags),
    objectType: OBJECT.MESSAGE,
    async rowsOf(keys) {
      const rows = await messageRows(
        db,
        store,
        new Map([[folder.id, folder]]),
        { ids: [...keys], views: [view] },
        () => access.rights,
      );
      return rows.filter(({ facts }) => facts.folder === folder.id && facts.view === view);
    },
    watch: (changed) =>
      followFromNow(context, store, async (entries) => {
        const touched = touchedIn(folder, view, entries);
        if (touched === 'all' || touched.size > 0) await changed(touched);
      }),
    version: async () =>
      `${await lastChange(db, store)} ${folder.search && view === VIEW.LIVE ? access.stamp : access.rights}`,
  };
}

/** The sort order kept in memory that answers a client's sort order. */
function textOrder([first, ...more]: readonly SortOrder[]): { by: SortedTextColumn; descending: boolean } | undefined {
  if (!first || more.length > 0) return undefined;
  const { tag, descending } = first;
  if (asUnicode(tag) === PR.SUBJECT) return { by: 'subject', descending };
  return asUnicode(tag) === PR.DISPLAY_TO ? { by: 'display_to', descending } : undefined;
}

/** The index of the database that answers a client's sort order. */
function pageOrder([first, ...more]: readonly SortOrder[]): PageOrder | undefined {
  if (!first || more.length > 0) return undefined;
  const { tag, descending } = first;
  if (tag === PR.MESSAGE_DELIVERY_TIME) return { by: 'delivered_at', descending };
  return tag === PR.EC_IMAP_ID ? { by: 'uid', descending } : undefined;
}

/** Rows of a folder's table that changes may have touched. The rows of a search folder may be in any folder. */
function touchedIn(folder: Folder, view: number, entries: readonly Change[]): Touched {
  const touched = new Map<string, 'new' | 'changed'>();
  for (const { kind, folder: where, message } of entries) {
    if (where !== folder.id && !folder.search) continue;
    if (!message) {
      if (kind === CHANGE.FOLDER_GONE) return 'all';
      continue;
    }
    const key = message.toString('hex');
    // A message that is soft-deleted becomes a new row of the table of deleted messages.
    const isNew = kind === (view === VIEW.DELETED ? CHANGE.MESSAGE_GONE : CHANGE.MESSAGE_NEW);
    touched.set(key, isNew ? 'new' : (touched.get(key) ?? 'changed'));
  }
  return touched;
}
