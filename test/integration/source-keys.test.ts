import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newGuid } from '../../shared/store/engine/ids.ts';
import { folderSourceKey } from '../../shared/store/folders/change-keys.ts';
import { createFolder } from '../../shared/store/folders/create-folder.ts';
import { folderById } from '../../shared/store/folders/folder.ts';
import { changeFolderProperties } from '../../shared/store/folders/folder-properties.ts';
import { foldersBySourceKey } from '../../shared/store/messages/source-key-lookup.ts';
import { type Mailbox, openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const make = (mailbox: Mailbox, name: string, keys: { sourceKey?: Buffer; guid?: Buffer }) =>
  createFolder(store, mailbox, { parent: mailbox.inbox, name, ...keys });

const giveKey = (mailbox: Mailbox, sourceKey: Buffer) =>
  changeFolderProperties(store, mailbox, mailbox.inbox, {
    sourceKey,
    set: new Map(),
    removed: [],
    syncId: 0,
  });

describe('a source key that a client gives', () => {
  it('is refused where a folder of another store has it, and for a folder that is there', async () => {
    const [owner, other] = [await store.mailbox('owner@keys.test'), await store.mailbox('other@keys.test')];
    const sourceKey = Buffer.alloc(44, 'given');
    await make(owner, 'synchronised', { sourceKey });
    await expect(make(other, 'thief', { sourceKey })).rejects.toMatchObject({ code: 'COLLISION' });
    await expect(giveKey(other, sourceKey)).rejects.toMatchObject({ code: 'COLLISION' });
    expect(await foldersBySourceKey(store.db, [owner.tenant], sourceKey)).toHaveLength(1);
  });

  it('is refused where it follows from the GUID of a folder, and so is the GUID', async () => {
    const [owner, other] = [await store.mailbox('owner@derived.test'), await store.mailbox('other@derived.test')];
    const inbox = await folderById(store.db, owner, owner.inbox);
    await expect(giveKey(other, folderSourceKey(inbox))).rejects.toMatchObject({ code: 'COLLISION' });
    await expect(make(other, 'thief', { guid: inbox.guid })).rejects.toMatchObject({ code: 'COLLISION' });
  });

  it('is kept by a folder that has it, and is free in another tenant', async () => {
    const [one, two] = [await store.mailbox('user@one.test'), await store.mailbox('user@two.test')];
    const sourceKey = Buffer.alloc(44, newGuid(0));
    await giveKey(one, sourceKey);
    await giveKey(one, sourceKey);
    await giveKey(two, sourceKey);
    expect(await foldersBySourceKey(store.db, [one.tenant], sourceKey)).toHaveLength(1);
    expect(await foldersBySourceKey(store.db, [one.tenant, two.tenant], sourceKey)).toHaveLength(2);
  });
});
