import { afterAll, beforeAll, expect, it } from 'vitest';
import { objectOperations } from '../../services/store-server/operations/objects.ts';
import type { Call } from '../../services/store-server/operations/operation.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import { createFolder } from '../../shared/store/folders/create-folder.ts';
import { folderEntryId } from '../../shared/store/folders/entry-ids.ts';
import { folderById } from '../../shared/store/folders/folder.ts';
import { changeAcl, RIGHT } from '../../shared/store/folders/rights.ts';
import { storeOfUser } from '../../shared/store/stores/stores.ts';
import { openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

it('a folder has as many subfolders as the caller sees, whether it is loaded whole or a property of it', async () => {
  const owner = await store.mailbox('owner@counts.test');
  const reader = await store.mailbox('reader@counts.test');
  const below = await createFolder(store, owner, { parent: owner.inbox, name: 'hidden' });
  const entry = { kind: 'user', member: reader.user, denied: false } as const;
  await changeAcl(store, owner, owner.inbox, [{ ...entry, rights: RIGHT.READ | RIGHT.VISIBLE }], []);
  await changeAcl(store, owner, below.id, [{ ...entry, rights: 0 }], []);
  const owned = await storeOfUser(store.db, owner.tenant, owner.user);
  if (!owned) throw new Error('the user has no store');
  const { tenant, user } = reader;
  const call = {
    context: { store, adminStoreGuid: Buffer.alloc(16) },
    session: {
      caller: {
        system: false,
        readAt: store.clock(),
        guid: Buffer.alloc(16),
        tenant,
        user,
        scope: [tenant],
        administers: [],
        groups: [],
        accounts: [],
      },
    },
  } as unknown as Call;
  const sEntryId = folderEntryId(owned, await folderById(store.db, owner, owner.inbox));
  type Requests = { [Name in 'loadObject' | 'loadProp']: Parameters<(typeof objectOperations)[Name]>[1] };
  const whole = await objectOperations.loadObject(call, { sEntryId, ulFlags: 0 } as Requests['loadObject']);
  const counted = whole.sSaveObject?.modProps?.find(({ tag }) => tag === PR.FOLDER_CHILD_COUNT)?.value;
  const one = await objectOperations.loadProp(call, {
    sEntryId,
    ulObjId: 0,
    ulPropTag: PR.FOLDER_CHILD_COUNT,
  } as Requests['loadProp']);
  expect([counted, one.lpPropVal?.value]).toEqual([0, 0]);
});
