import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import { storeEntryId } from '../../../shared/store/folders/entry-ids.ts';
import { publicStoreOf, storeOfUser } from '../../../shared/store/stores/stores.ts';
import type { Call } from '../operations/operation.ts';
import { readStoreName } from '../operations/stores.ts';
import { bagRow, simpleTable } from './bag-row.ts';
import type { RowSource } from './row-source.ts';

/** The stores that a client opens at logon: the user's own, its archive, and the tenant's public store. */
export function multiStoreTable(call: Call): RowSource {
  const { db } = call.context.store;
  const { caller } = call.session;
  return simpleTable([PR.ENTRYID, PR.DISPLAY_NAME, PR.RECORD_KEY, PR.OBJECT_TYPE], async () => {
    const stores = [
      await storeOfUser(db, caller.tenant, caller.user),
      await storeOfUser(db, caller.tenant, caller.user, 'archive'),
      await publicStoreOf(db, caller.tenant),
    ].flatMap((store) => store ?? []);
    return Promise.all(
      stores.map(async (store) =>
        bagRow(
          store.guid,
          new Map<number, Buffer | string | number>([
            [PR.ENTRYID, storeEntryId(store)],
            [PR.DISPLAY_NAME, await readStoreName(call, store)],
            [PR.RECORD_KEY, storeEntryId(store)],
            [PR.STORE_RECORD_KEY, store.guid],
            [PR.OBJECT_TYPE, OBJECT.STORE],
          ]),
        ),
      ),
    );
  });
}
