import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lastChange } from '../../shared/store/engine/changes.ts';
import { copyMessagesById } from '../../shared/store/messages/copy-messages.ts';
import { deleteMessagesById } from '../../shared/store/messages/delete-messages.ts';
import { messageById, VIEW } from '../../shared/store/messages/message-facts.ts';
import { moveMessagesById } from '../../shared/store/messages/move-messages.ts';
import { listDeletedMessages } from '../../shared/store/trees/deleted-items.ts';
import {
  deliverTo,
  folderOf,
  type Mailbox,
  openTestStore,
  problems,
  readFolder,
  type TestStore,
} from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const noQuota = { hardQuota: 0, syncId: 0 };

/** A mailbox with messages of the inbox that were soft-deleted. */
async function deletedIn(login: string, count: number): Promise<{ mailbox: Mailbox; ids: Buffer[] }> {
  const mailbox = await store.mailbox(login);
  for (let i = 0; i < count; i++) await deliverTo(store, [mailbox], `Subject: ${i}\r\n\r\ntext ${i}\r\n`);
  const rows = await store.db.selectFrom('messages').select('id').where('store_id', '=', mailbox.store).execute();
  const ids = rows.map(({ id }) => id);
  await deleteMessagesById(store, mailbox, ids, { hard: false, syncId: 0 });
  expect(await readFolder(store, mailbox, mailbox.inbox)).toHaveLength(0);
  return { mailbox, ids };
}

describe('messages that were soft-deleted', () => {
  it('come back to the folder that they were in when they are moved there, under their ids', async () => {
    const { mailbox, ids } = await deletedIn('same@restore.test', 3);
    const before = await lastChange(store.db, mailbox);
    expect(await moveMessagesById(store, mailbox, ids, mailbox.inbox, noQuota)).toBe(3);
    expect(await readFolder(store, mailbox, mailbox.inbox)).toHaveLength(3);
    for (const id of ids) expect((await messageById(store.db, mailbox, id)).view).toBe(VIEW.LIVE);
    expect(await listDeletedMessages(store.db, mailbox, Buffer.alloc(16), 10)).toEqual([]);
    expect(await lastChange(store.db, mailbox)).toBe(before + 3);
    expect((await folderOf(store, mailbox, 'inbox')).unseen).toBe(3);
    expect(await problems(store)).toEqual([]);
  });

  it('are restored to another folder, beside live messages that are moved there', async () => {
    const { mailbox, ids } = await deletedIn('other@restore.test', 2);
    await deliverTo(store, [mailbox], 'Subject: live\r\n\r\ntext\r\n');
    const rows = await store.db.selectFrom('messages').select('id').where('store_id', '=', mailbox.store).execute();
    const junk = await folderOf(store, mailbox, 'junk');
    await moveMessagesById(
      store,
      mailbox,
      rows.map(({ id }) => id),
      junk.id,
      noQuota,
    );
    expect(await readFolder(store, mailbox, junk.id)).toHaveLength(3);
    expect(ids).toHaveLength(2);
    expect(await problems(store)).toEqual([]);
  });

  it('stay deleted, all of them, where the store has no room', async () => {
    const { mailbox, ids } = await deletedIn('full@restore.test', 2);
    await expect(
      moveMessagesById(store, mailbox, ids, mailbox.inbox, { hardQuota: 10, syncId: 0 }),
    ).rejects.toMatchObject({ code: 'STORE_FULL' });
    expect(await listDeletedMessages(store.db, mailbox, Buffer.alloc(16), 10)).toHaveLength(2);
    expect(await problems(store)).toEqual([]);
  });

  it('are copied as living ones, also to another store, and stay deleted where they are', async () => {
    const { mailbox, ids } = await deletedIn('copied@restore.test', 2);
    const other = await store.mailbox('target@restore.test');
    await copyMessagesById(
      store,
      mailbox,
      ids,
      { ref: other, folder: other.inbox, hardQuota: 0 },
      { syncId: 0, deleted: true },
    );
    await copyMessagesById(
      store,
      mailbox,
      ids,
      { ref: mailbox, folder: mailbox.inbox, hardQuota: 0 },
      { syncId: 0, deleted: true },
    );
    expect(await readFolder(store, other, other.inbox)).toHaveLength(2);
    expect(await readFolder(store, mailbox, mailbox.inbox)).toHaveLength(2);
    expect(await listDeletedMessages(store.db, mailbox, Buffer.alloc(16), 10)).toHaveLength(2);
    expect(await problems(store)).toEqual([]);
  });
});
