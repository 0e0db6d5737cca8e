import { locate } from '../../../shared/access/locate.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import { listFolders } from '../../../shared/store/folders/folder.ts';
import { ALL_RIGHTS } from '../../../shared/store/folders/rights.ts';
import { outgoingIds } from '../../../shared/store/outgoing/add-outgoing.ts';
import { listStores, type MapiStore } from '../../../shared/store/stores/stores.ts';
import { isCheap } from '../../../shared/store/tables/message-columns.ts';
import type { MessageTableRow } from '../../../shared/store/tables/message-table-row.ts';
import { messageRows, openRows } from '../../../shared/store/tables/open-rows.ts';
import type { Call } from '../operations/operation.ts';
import type { RowSource } from './row-source.ts';

const COLUMNS = [
  PR.ENTRYID,
  PR.STORE_ENTRYID,
  PR.PARENT_ENTRYID,
  PR.SUBJECT,
  PR.MESSAGE_FLAGS,
  PR.MESSAGE_SIZE,
  PR.OBJECT_TYPE,
];

/** Outgoing messages: of one store, or of all stores for a caller who administers all tenants. */
export async function outgoingTable(call: Call, entryId: Buffer | undefined): Promise<RowSource> {
  const { context, session } = call;
  const { db } = context.store;
  // Rights are checked at each reading: the owner of a store and the tenants of an administrator may change while the table is open.
  const stores = async (): Promise<MapiStore[]> => {
    if (entryId && entryId.length > 0) {
      const located = await locate(context.store, session.caller, entryId);
      if (!located.owner) throw new PamojaError('NO_ACCESS', 'not your store');
      return [located.store];
    }
    const { administers } = session.caller;
    if (administers !== 'all' && administers.length === 0)
      throw new PamojaError('NO_ACCESS', 'you are no administrator');
    return listStores(db, administers);
  };
  await stores();
  const owner = new Map<MessageTableRow, MapiStore>();
  return {
    columns: COLUMNS,
    cheap: isCheap,
    version: async () => 'once',
    async requireReady() {
      await stores();
    },
    async rows() {
      owner.clear();
      const found: MessageTableRow[] = [];
      for (const store of await stores()) {
        const ids = await outgoingIds(context.store, store);
        if (ids.length === 0) continue;
        const folders = new Map((await listFolders(db, store)).map((folder) => [folder.id, folder]));
        for (const row of await messageRows(db, store, folders, { ids }, () => ALL_RIGHTS)) {
          owner.set(row, store);
          found.push(row);
        }
      }
      return found;
    },
    async open(rows, tags) {
      for (const [store, group] of Map.groupBy(rows as MessageTableRow[], (row) => owner.get(row)))
        if (store) await openRows(context.store, store, group, tags);
    },
  };
}
