import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFolder } from '../../shared/store/folders/create-folder.ts';
import { deletedFolders } from '../../shared/store/folders/folder.ts';
import { deleteFolder } from '../../shared/store/trees/delete-folder.ts';
import { openTestStore, problems, type TestStore } from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

describe('folders of one name', () => {
  for (const hard of [true, false])
    it(`can be ${hard ? 'deleted for good' : 'soft-deleted'} any number of times within one millisecond`, async () => {
      const mailbox = await store.mailbox(`${hard ? 'hard' : 'soft'}@names.test`);
      for (let i = 0; i < 3; i++) {
        const folder = await createFolder(store, mailbox, { parent: mailbox.inbox, name: 'Projects' });
        await deleteFolder(store, mailbox, folder.id, {
          messages: true,
          folders: true,
          may: () => true,
          hard,
          syncId: 0,
        });
      }
      const there = await createFolder(store, mailbox, { parent: mailbox.inbox, name: 'Projects' });
      expect(there.deletedAt).toBe(0);
      await expect(createFolder(store, mailbox, { parent: mailbox.inbox, name: 'Projects' })).rejects.toMatchObject({
        code: 'COLLISION',
      });
      expect(await deletedFolders(store.db, mailbox, mailbox.inbox)).toHaveLength(hard ? 0 : 3);
      expect(await problems(store)).toEqual([]);
    });
});
