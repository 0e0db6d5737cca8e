import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMapiFolder, deletedFolders } from '../../shared/store/folders/mapi-folders.ts';
import { removeFolder } from '../../shared/store/trees/remove-folder.ts';
import { openTestStore, problems, type TestStore } from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const wanted = { name: 'Projects', comment: undefined, type: 1, openIfExists: false, syncId: 0 };

describe('folders of one name', () => {
  for (const hard of [true, false])
    it(`can be ${hard ? 'deleted for good' : 'soft-deleted'} any number of times within one millisecond`, async () => {
      const mailbox = await store.mailbox(`${hard ? 'hard' : 'soft'}@names.test`);
      for (let i = 0; i < 3; i++) {
        const folder = await createMapiFolder(store, mailbox, mailbox.inbox, wanted);
        await removeFolder(store, mailbox, folder.id, {
          messages: true,
          folders: true,
          may: () => true,
          hard,
          syncId: 0,
        });
      }
      const there = await createMapiFolder(store, mailbox, mailbox.inbox, wanted);
      expect(there.deletedAt).toBe(0);
      await expect(createMapiFolder(store, mailbox, mailbox.inbox, wanted)).rejects.toMatchObject({
        code: 'COLLISION',
      });
      expect(await deletedFolders(store.db, mailbox, mailbox.inbox)).toHaveLength(hard ? 0 : 3);
      expect(await problems(store)).toEqual([]);
    });
});
