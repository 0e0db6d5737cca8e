import { locateFolder } from '../../../shared/access/locate.ts';
import { mayInEach, requireRight, rightsOnEach } from '../../../shared/access/store-rights.ts';
import { decodeEntryId, encodeEntryId, isAddressBookId } from '../../../shared/mapi/entry-id.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import {
  CONVENIENT_DEPTH,
  MAPI_ASSOCIATED,
  MAPI_UNICODE,
  SHOW_SOFT_DELETES,
} from '../../../shared/mapi/operation-flags.ts';
import type { Property } from '../../../shared/mapi/property.ts';
import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { SEARCH, SEARCH_STATE } from '../../../shared/mapi/search-flags.ts';
import { DIR_BACKWARD, TBL_ALL_COLUMNS, TBL_NOADVANCE } from '../../../shared/mapi/table-flags.ts';
import type { TableMultiRequest } from '../../../shared/protocol/soap/interface.ts';
import { restrictionOf, restrictTableOf } from '../../../shared/protocol/soap/restriction.ts';
import { sortOrdersOf } from '../../../shared/protocol/soap/sort-order.ts';
import { FOLDER_TYPE } from '../../../shared/store/folders/folder.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import { VIEW } from '../../../shared/store/messages/message-facts.ts';
import { criteriaOf, setCriteria } from '../../../shared/store/tables/search-folders.ts';
import { isAdminRoot, isAdminStore } from '../admin-store.ts';
import { containerTable, entryTable } from '../tables/address-table.ts';
import { simpleTable } from '../tables/bag-row.ts';
import { contentsTable } from '../tables/contents-table.ts';
import { hierarchyTable } from '../tables/hierarchy-table.ts';
import { multiStoreTable } from '../tables/multi-store-table.ts';
import { outgoingTable } from '../tables/outgoing-table.ts';
import type { RowSource } from '../tables/row-source.ts';
import {
  companiesTable,
  mailboxTable,
  serversTable,
  sessionsTable,
  systemTable,
  userStoresTable,
  usersTable,
} from '../tables/statistics.ts';
import { Table } from '../tables/table.ts';
import { tableAccess } from '../tables/table-access.ts';
import type { Call, Operations } from './operation.ts';

const TYPE = {
  STORE: 1,
  ADDRESS_BOOK: 2,
  SPOOLER: 3,
  MULTI_STORE: 4,
  SYSTEM: 5,
  SESSIONS: 6,
  USERS: 7,
  COMPANIES: 8,
  USER_STORES: 9,
  MAILBOX: 10,
  SERVERS: 11,
};

async function storeTable(call: Call, entryId: Buffer | undefined, type: number, flags: number): Promise<RowSource> {
  const { context, session } = call;
  if (isAdminRoot(context, entryId) || isAdminStore(context, entryId)) return simpleTable([], async () => []);
  const deleted = (flags & SHOW_SOFT_DELETES) !== 0;
  const located = await locateFolder(
    context.store,
    session.caller,
    entryId,
    type === OBJECT.FOLDER ? RIGHT.VISIBLE : RIGHT.READ,
  );
  if (type === OBJECT.FOLDER)
    return hierarchyTable(context, session, located.store, located.folder, {
      deep: (flags & CONVENIENT_DEPTH) !== 0,
      deleted,
      now: tableAccess(context, session, located, RIGHT.VISIBLE),
    });
  if (type !== OBJECT.MESSAGE) throw new PamojaError('INVALID_TYPE', 'a store has no such table');
  const view = (flags & MAPI_ASSOCIATED) !== 0 ? VIEW.ASSOCIATED : deleted ? VIEW.DELETED : VIEW.LIVE;
  if (deleted) requireRight(located, RIGHT.DELETE_ALL);
  return contentsTable(context, located.store, located.folder, view, {
    rights: located.rights,
    now: tableAccess(context, session, located, deleted ? RIGHT.READ | RIGHT.DELETE_ALL : RIGHT.READ),
    onEach: (store) => rightsOnEach(context.store, session.caller, store),
  });
}

async function sourceOf(
  call: Call,
  entryId: Buffer | undefined,
  tableType: number,
  type: number,
  flags: number,
): Promise<RowSource> {
  switch (tableType) {
    case TYPE.STORE:
      return storeTable(call, entryId, type, flags);
    case TYPE.ADDRESS_BOOK:
      if (!entryId || !isAddressBookId(entryId))
        throw new PamojaError('INVALID_ENTRYID', 'not an entry id of the address book');
      return type === OBJECT.AB_CONTAINER
        ? containerTable(call, entryId, {
            deep: (flags & CONVENIENT_DEPTH) !== 0,
            unicode: (flags & MAPI_UNICODE) !== 0,
          })
        : entryTable(call, entryId, (flags & MAPI_UNICODE) !== 0);
    case TYPE.SPOOLER:
      return outgoingTable(call, entryId);
    case TYPE.MULTI_STORE:
      return multiStoreTable(call);
    case TYPE.SYSTEM:
      administers(call);
      return forAdministrators(call, systemTable(call));
    case TYPE.SESSIONS:
      administers(call);
      return forAdministrators(call, sessionsTable(call));
    case TYPE.USERS:
      administers(call);
      return forAdministrators(call, usersTable(call));
    case TYPE.COMPANIES:
      administers(call);
      return forAdministrators(call, await companiesTable(call));
    case TYPE.USER_STORES:
      return userStoresTable(call);
    case TYPE.MAILBOX:
      administers(call);
      return forAdministrators(call, mailboxTable(call));
    case TYPE.SERVERS:
      administers(call);
      return forAdministrators(call, serversTable());
    default:
      throw new PamojaError('NO_SUPPORT', 'unknown type of table');
  }
}

/** A table for administrators: a caller who is no administrator any more cannot read on. */
function forAdministrators(call: Call, source: RowSource): RowSource {
  return {
    ...source,
    async requireReady() {
      administers(call);
      await source.requireReady?.();
    },
  };
}

function administers({ session }: Call): void {
  const { administers } = session.caller;
  if (administers !== 'all' && administers.length === 0) throw new PamojaError('NO_ACCESS', 'you are no administrator');
}

/** Carries out the parts of a tableMulti request, in the order in which Kopano's server does. */
async function multi(
  call: Call,
  request: TableMultiRequest,
): Promise<{ er: number; ulTableId: number; sRowSet?: Property[][] }> {
  const { session } = call;
  let id = request.ulTableId;
  let opened = 0;
  if (request.lpOpen) {
    const { sEntryId, ulTableType, ulType, ulFlags } = request.lpOpen;
    id = session.addTable(new Table(await sourceOf(call, sEntryId, ulTableType, ulType, ulFlags)));
    opened = id;
  }
  const table = session.table(id);
  if (request.lpSetColumns) table.setColumns(request.lpSetColumns);
  if (request.lpRestrict) table.restrict(restrictionOf(request.lpRestrict));
  if (request.lpSort)
    table.sort(sortOrdersOf(request.lpSort.sSortOrder), request.lpSort.ulCategories, request.lpSort.ulExpanded);
  if (!request.lpQueryRows) return { er: 0, ulTableId: opened };
  const { ulCount, ulFlags } = request.lpQueryRows;
  return {
    er: 0,
    ulTableId: opened,
    ...rowSet(await table.query(rowsWanted(ulCount), (ulFlags & TBL_NOADVANCE) !== 0)),
  };
}

const ALL_ROWS = 0xffffffff;

/** How many rows a client wants. The count is a signed number of 32 bits, negative for rows backwards; 0xffffffff asks for all. */
const rowsWanted = (count: number): number => (count === ALL_ROWS ? Number.MAX_SAFE_INTEGER : count | 0);

/** Without rows the row set is left out. */
const rowSet = (rows: Property[][]): { sRowSet?: Property[][] } => (rows.length > 0 ? { sRowSet: rows } : {});

export const tableOperations: Operations<
  | 'tableOpen'
  | 'tableClose'
  | 'tableSetColumns'
  | 'tableQueryColumns'
  | 'tableSort'
  | 'tableRestrict'
  | 'tableGetRowCount'
  | 'tableQueryRows'
  | 'tableFindRow'
  | 'tableSeekRow'
  | 'tableCreateBookmark'
  | 'tableFreeBookmark'
  | 'tableSetSearchCriteria'
  | 'tableGetSearchCriteria'
  | 'tableExpandRow'
  | 'tableCollapseRow'
  | 'tableGetCollapseState'
  | 'tableSetCollapseState'
  | 'tableMulti'
> = {
  async tableOpen(call, { sEntryId, ulTableType, ulType, ulFlags }) {
    const table = new Table(await sourceOf(call, sEntryId, ulTableType, ulType, ulFlags));
    return { er: 0, ulTableId: call.session.addTable(table) };
  },

  async tableClose({ session }, { ulTableId }) {
    session.table(ulTableId).close();
    session.tables.delete(ulTableId);
    return { result: 0 };
  },

  async tableSetColumns({ session }, { ulTableId, aPropTag }) {
    session.table(ulTableId).setColumns(aPropTag ?? []);
    return { result: 0 };
  },

  async tableQueryColumns({ session }, { ulTableId, ulFlags }) {
    const table = session.table(ulTableId);
    await table.requireReady();
    return { er: 0, sPropTagArray: [...((ulFlags & TBL_ALL_COLUMNS) !== 0 ? table.allColumns() : table.columns)] };
  },

  async tableSort({ session }, { ulTableId, aSortOrder, ulCategories, ulExpanded }) {
    session.table(ulTableId).sort(sortOrdersOf(aSortOrder), ulCategories, ulExpanded);
    return { result: 0 };
  },

  async tableRestrict({ session }, { ulTableId, lpRestrict }) {
    session.table(ulTableId).restrict(lpRestrict && restrictionOf(lpRestrict));
    return { result: 0 };
  },

  async tableGetRowCount({ session }, { ulTableId }) {
    const { count, row } = await session.table(ulTableId).rowCount();
    return { er: 0, ulCount: count, ulRow: row };
  },

  async tableQueryRows({ session }, { ulTableId, ulRowCount, ulFlags }) {
    return {
      er: 0,
      ...rowSet(await session.table(ulTableId).query(rowsWanted(ulRowCount), (ulFlags & TBL_NOADVANCE) !== 0)),
    };
  },

  async tableFindRow({ session }, { ulTableId, ulBookmark, ulFlags, lpsRestrict }) {
    const table = session.table(ulTableId);
    await table.find(ulBookmark, (ulFlags & DIR_BACKWARD) !== 0, lpsRestrict && restrictionOf(lpsRestrict));
    return { result: 0 };
  },

  async tableSeekRow({ session }, { ulTableId, ulBookmark, lRowCount }) {
    return { er: 0, lRowsSought: await session.table(ulTableId).seek(ulBookmark, lRowCount) };
  },

  async tableCreateBookmark({ session }, { ulTableId }) {
    return { er: 0, ulbkPosition: await session.table(ulTableId).createBookmark() };
  },

  async tableFreeBookmark({ session }, { ulTableId, ulbkPosition }) {
    session.table(ulTableId).freeBookmark(ulbkPosition);
    return { result: 0 };
  },

  async tableSetSearchCriteria(call, { sEntryId, lpRestrict, lpFolders, ulFlags }) {
    const { context, session } = call;
    const { store, folder, owner } = await locateFolder(context.store, session.caller, sEntryId, RIGHT.FOLDER_OWNER);
    if (folder.type !== FOLDER_TYPE.SEARCH) throw new PamojaError('NO_SUPPORT', 'not a search folder');
    const ids = (lpFolders ?? []).map((id) => decodeEntryId(id));
    if (ids.some((id) => !id.store.equals(store.guid)))
      throw new PamojaError('NO_SUPPORT', 'a search stays in its store');
    if (!owner) for (const id of lpFolders ?? []) await locateFolder(context.store, session.caller, id, RIGHT.READ);
    await setCriteria(
      context.store,
      store,
      folder,
      { restriction: lpRestrict && restrictionOf(lpRestrict), folders: ids.map(({ guid }) => guid), flags: ulFlags },
      owner ? undefined : await mayInEach(context.store, session.caller, store, RIGHT.READ),
    );
    return { result: 0 };
  },

  async tableGetSearchCriteria(call, { sEntryId }) {
    const { store, folder } = await locateFolder(call.context.store, call.session.caller, sEntryId, RIGHT.READ);
    const criteria = criteriaOf(folder);
    const stopped = (criteria.flags & SEARCH.STOP) !== 0;
    return {
      ...(criteria.restriction ? { lpRestrict: restrictTableOf(criteria.restriction) } : {}),
      lpFolderIDs: criteria.folders.map((guid) => encodeEntryId({ store: store.guid, type: OBJECT.FOLDER, guid })),
      ulFlags:
        (stopped ? 0 : SEARCH_STATE.RUNNING) | ((criteria.flags & SEARCH.RECURSIVE) !== 0 ? SEARCH_STATE.RECURSIVE : 0),
      er: 0,
    };
  },

  async tableExpandRow({ session }, { ulTableId, sInstanceKey, ulRowCount }) {
    const { rows, more } = await session.table(ulTableId).expand(sInstanceKey ?? Buffer.alloc(0), ulRowCount);
    return { er: 0, rowSet: rows, ulMoreRows: more };
  },

  async tableCollapseRow({ session }, { ulTableId, sInstanceKey }) {
    return { er: 0, ulRows: await session.table(ulTableId).collapse(sInstanceKey ?? Buffer.alloc(0)) };
  },

  async tableGetCollapseState({ session }, { ulTableId, sBookmark }) {
    return { sCollapseState: session.table(ulTableId).collapseState(sBookmark ?? Buffer.alloc(0)), er: 0 };
  },

  async tableSetCollapseState({ session }, { ulTableId, sCollapseState }) {
    return { ulBookmark: await session.table(ulTableId).setCollapseState(sCollapseState ?? Buffer.alloc(0)), er: 0 };
  },

  async tableMulti(call, { sRequest }) {
    if (!sRequest) throw new PamojaError('INVALID_PARAMETER', 'nothing is asked');
    return multi(call, sRequest);
  },
};
