import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFolder } from '../../shared/store/folders/create-folder.ts';
import {
  DELETED_FOR_GOOD,
  FOLDER_TYPE,
  folderById,
  folderByRole,
  isProtected,
} from '../../shared/store/folders/folder.ts';
import { setFolderRole } from '../../shared/store/folders/folder-role.ts';
import { moveFolder } from '../../shared/store/folders/move-folder.ts';
import { deleteFolder } from '../../shared/store/trees/delete-folder.ts';
import { purgeDeletedItems } from '../../shared/store/upkeep/purge.ts';
import { type Mailbox, openTestStore, problems, type TestStore } from '../support/test-store.ts';

let store: TestStore;
let mailbox: Mailbox;

beforeAll(async () => {
  store = await openTestStore();
  mailbox = await store.mailbox('anna@folders.test');
});
afterAll(() => store.close());

const ALL = { messages: true, folders: true, hard: false, syncId: 0, may: () => true };

const make = (name: string, type?: number) =>
  createFolder(store, mailbox, { parent: mailbox.inbox, name, ...(type === undefined ? {} : { type }) });

describe('a folder goes', () => {
  it('below no folder that is deleted or a search folder, nor is one made there', async () => {
    const [moved, gone, search] = [await make('moved'), await make('gone'), await make('search', FOLDER_TYPE.SEARCH)];
    await deleteFolder(store, mailbox, gone.id, ALL);
    const to = (parent: typeof gone) => ({ parent: parent.id, name: 'moved', syncId: 0 });
    await expect(moveFolder(store, mailbox, moved.id, to(gone))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(moveFolder(store, mailbox, moved.id, to(search))).rejects.toMatchObject({ code: 'NO_SUPPORT' });
    for (const [parent, code] of [
      [gone, 'NOT_FOUND'],
      [search, 'NO_SUPPORT'],
    ] as const)
      await expect(createFolder(store, mailbox, { parent: parent.id, name: 'new' })).rejects.toMatchObject({ code });
    expect(await problems(store)).toEqual([]);
  });

  it('under no name that is empty or longer than its column', async () => {
    const folder = await make('named');
    for (const [name, code] of [
      ['', 'INVALID_PARAMETER'],
      ['x'.repeat(256), 'TOO_BIG'],
    ] as const) {
      await expect(make(name)).rejects.toMatchObject({ code });
      const place = { parent: mailbox.inbox, name, syncId: 0 };
      await expect(moveFolder(store, mailbox, folder.id, place)).rejects.toMatchObject({ code });
    }
  });

  it('nowhere while it has a role, but may get another name', async () => {
    const folder = await make('archive');
    await setFolderRole(store, mailbox, folder.id, 'archive');
    expect(isProtected(await folderById(store.db, mailbox, folder.id))).toBe(true);
    const subtree = await folderByRole(store.db, mailbox, 'subtree');
    const away = { parent: subtree, name: 'archive', syncId: 0 };
    await expect(moveFolder(store, mailbox, folder.id, away)).rejects.toMatchObject({ code: 'NO_ACCESS' });
    await expect(deleteFolder(store, mailbox, folder.id, ALL)).rejects.toMatchObject({ code: 'NO_ACCESS' });
    await moveFolder(store, mailbox, folder.id, { parent: mailbox.inbox, name: 'Archief', syncId: 0 });
    expect(await folderById(store.db, mailbox, folder.id)).toMatchObject({ name: 'Archief', role: 'archive' });
  });
});

describe('a folder that is deleted for good', () => {
  it('is gone with the next purge', async () => {
    const folder = await make('for good');
    await deleteFolder(store, mailbox, folder.id, { ...ALL, hard: true });
    expect(await folderById(store.db, mailbox, folder.id)).toMatchObject({ deletedAt: DELETED_FOR_GOOD });
    await purgeDeletedItems(store, store.time.now - 1, () => true);
    await expect(folderById(store.db, mailbox, folder.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await problems(store)).toEqual([]);
  });
});
