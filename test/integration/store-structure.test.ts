import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unguarded } from '../../shared/database/database.ts';
import { inTransaction } from '../../shared/database/transaction.ts';
import { hookStore, listOrphans, unhookStore } from '../../shared/directory/entries/orphans.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import { type FolderId, newGuid } from '../../shared/store/engine/ids.ts';
import { createFolder } from '../../shared/store/folders/create-folder.ts';
import { listFolders } from '../../shared/store/folders/folder.ts';
import { setFolderRole } from '../../shared/store/folders/folder-role.ts';
import { listReceiveFolders, setReceiveFolder } from '../../shared/store/folders/receive-folders.ts';
import { expungeMessages } from '../../shared/store/messages/expunge-messages.ts';
import { saveMessage } from '../../shared/store/messages/save-message.ts';
import { copyFolder } from '../../shared/store/trees/copy-folder.ts';
import { createStore } from '../../shared/store/trees/create-store.ts';
import { deleteFolder, emptyFolder } from '../../shared/store/trees/delete-folder.ts';
import {
  allUids,
  deliverTo,
  folderOf,
  type Mailbox,
  openTestStore,
  problems,
  type TestStore,
} from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const anything = () => true;

/** A folder with a folder below it that `may` leaves out, each with a message. */
async function familyOf(mailbox: Mailbox) {
  const subtree = await folderOf(store, mailbox, 'subtree');
  const name = `open ${newGuid(0).toString('hex')}`;
  const { id: open } = await createFolder(store, mailbox, { parent: subtree.id, name });
  const { id: closed } = await createFolder(store, mailbox, { parent: open, name: 'closed' });
  for (const folder of [open, closed]) await deliverTo(store, [mailbox], 'Subject: x\r\n\r\n', { folder });
  return { subtree: subtree.id, open, closed, may: (folder: FolderId) => folder !== closed };
}

const namesOf = async (mailbox: Mailbox) => (await listFolders(store.db, mailbox)).map(({ name }) => name);

describe('a folder with folders below it', () => {
  it('is copied without folders that may not be read', async () => {
    const [from, to] = [await store.mailbox('from@copy.test'), await store.mailbox('to@copy.test')];
    const { open, may } = await familyOf(from);
    const options = { hardQuota: 0, syncId: 0, may, whole: false };
    await copyFolder(
      store,
      { ref: from, folder: open },
      { ref: to, parent: (await folderOf(store, to, 'subtree')).id, name: 'copy' },
      options,
    );
    expect(await namesOf(to)).toContain('copy');
    expect(await namesOf(to)).not.toContain('closed');
    expect(await problems(store)).toEqual([]);
  });

  it('is not moved to another store when one of them may not be, and nothing is copied', async () => {
    const [from, to] = [await store.mailbox('from@move.test'), await store.mailbox('to@move.test')];
    const { open, may } = await familyOf(from);
    const options = { hardQuota: 0, syncId: 0, may, whole: true };
    const parent = (await folderOf(store, to, 'subtree')).id;
    await expect(
      copyFolder(store, { ref: from, folder: open }, { ref: to, parent, name: 'copy' }, options),
    ).rejects.toMatchObject({
      code: 'NO_ACCESS',
    });
    expect(await namesOf(to)).not.toContain('copy');
  });

  it('is neither deleted nor emptied when one of them may not be', async () => {
    const mailbox = await store.mailbox('delete@rights.test');
    const { open, may } = await familyOf(mailbox);
    const options = { messages: true, folders: true, associated: true, hard: false, syncId: 0, may };
    await expect(deleteFolder(store, mailbox, open, options)).rejects.toMatchObject({ code: 'NO_ACCESS' });
    await expect(emptyFolder(store, mailbox, open, options)).rejects.toMatchObject({ code: 'NO_ACCESS' });
    expect(await namesOf(mailbox)).toContain('closed');
    await deleteFolder(store, mailbox, open, { ...options, may: anything });
    expect(await namesOf(mailbox)).not.toContain('closed');
    expect(await problems(store)).toEqual([]);
  });

  it('hard-deleted includes the items that were soft-deleted in it before', async () => {
    const mailbox = await store.mailbox('hard@rights.test');
    const { open } = await familyOf(mailbox);
    await expungeMessages(store, mailbox, open, await allUids(store, mailbox, open), false);
    await deleteFolder(store, mailbox, open, { messages: true, folders: true, hard: true, syncId: 0, may: anything });
    const rows = await store.db.selectFrom('messages').select('id').where('folder_id', '=', open).execute();
    expect(rows).toEqual([]);
    expect(await problems(store)).toEqual([]);
  });
});

describe('a folder of another store', () => {
  it('cannot become the receive folder or take a role, and the inbox stays', async () => {
    const [mine, theirs] = [await store.mailbox('mine@receive.test'), await store.mailbox('theirs@receive.test')];
    for (const messageClass of ['', 'IPM.Note'])
      await expect(setReceiveFolder(store, mine, messageClass, theirs.inbox)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    await expect(setFolderRole(store, mine, theirs.inbox, 'inbox')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await folderOf(store, mine, 'inbox')).id).toBe(mine.inbox);
    expect(await listReceiveFolders(store.db, mine)).toEqual([]);
    expect(await problems(store)).toEqual([]);
  });

  it('of the same store becomes the inbox, and delivery follows', async () => {
    const mailbox = await store.mailbox('other@receive.test');
    const { open } = await familyOf(mailbox);
    await setReceiveFolder(store, mailbox, '', open);
    expect((await folderOf(store, mailbox, 'inbox')).id).toBe(open);
    const [[recipient] = []] = await dbSource(store.db, store.options).resolve([mailbox.login]);
    expect(recipient?.inbox).toBe(open);
    expect(await problems(store)).toEqual([]);
  });
});

describe('a store that another takes the place of', () => {
  it('becomes an orphan when it was used, and goes when it never was', async () => {
    const mailbox = await store.mailbox('hooked@orphans.test');
    const change = <T>(work: (tx: typeof store.db) => Promise<T>) => inTransaction(store.db, work);
    await deliverTo(store, [mailbox], 'Subject: kept\r\n\r\n');
    await change((tx) => unhookStore(tx, mailbox.tenant, mailbox.login));
    const [first] = await listOrphans(store.db, mailbox.tenant);
    const hook = (guid: string | undefined) =>
      change((tx) => hookStore(tx, mailbox.tenant, Buffer.from(guid ?? '', 'hex'), mailbox.login));
    await change((tx) => createStore(tx, mailbox.tenant, mailbox.user, 'en', store.clock()));
    await hook(first?.guid);
    expect(await listOrphans(store.db, mailbox.tenant)).toEqual([]);
    await change((tx) => unhookStore(tx, mailbox.tenant, mailbox.login));
    const made = await change((tx) => createStore(tx, mailbox.tenant, mailbox.user, 'en', store.clock()));
    const second = { ...mailbox, ...made };
    await createFolder(store, second, { parent: (await folderOf(store, second, 'subtree')).id, name: 'used' });
    await deliverTo(store, [{ ...second, inbox: (await folderOf(store, second, 'inbox')).id }], 'Subject: x\r\n\r\n');
    await hook(first?.guid);
    expect((await listOrphans(store.db, mailbox.tenant)).map(({ guid }) => guid)).not.toContain(first?.guid);
    expect(await listOrphans(store.db, mailbox.tenant)).toHaveLength(1);
    expect(await problems(store)).toEqual([]);
  });
});

describe('the check of the database', () => {
  it('counts references to blobs of properties like those of messages', async () => {
    const mailbox = await store.mailbox('blobs@fsck.test');
    await saveMessage(store, mailbox, {
      folder: mailbox.inbox,
      id: newGuid(store.clock()),
      change: {
        type: OBJECT.MESSAGE,
        id: 0,
        deleted: false,
        set: new Map([[PR.SUBJECT, 'large']]),
        removed: [],
        children: [
          {
            type: OBJECT.ATTACHMENT,
            id: 0,
            deleted: false,
            set: new Map<number, Buffer | number>([
              [PR.ATTACH_METHOD, 1],
              [PR.ATTACH_DATA_BIN, randomBytes(100_000)],
            ]),
            removed: [],
            children: [],
          },
        ],
      },
      associated: false,
      syncId: 0,
      hardQuota: 0,
      modifier: { name: 'somebody', entryId: Buffer.alloc(0) },
    });
    const blobs = await store.db.selectFrom('blobs').select('refs').where('tenant_id', '=', mailbox.tenant).execute();
    expect(blobs.length).toBeGreaterThan(1);
    expect(await problems(store)).toEqual([]);
  });

  it('tells of owners, trees, roles, receive folders and rights that are broken', async () => {
    const broken = await openTestStore();
    try {
      const mailbox = await broken.mailbox('broken@fsck.test');
      const other = await broken.mailbox('other@fsck.test');
      const sent = await folderOf(broken, mailbox, 'sent');
      const drafts = await folderOf(broken, mailbox, 'drafts');
      const ref = { tenant_id: mailbox.tenant, store_id: mailbox.store };
      const { db } = broken;
      await db
        .insertInto('receive_folders')
        .values({ ...ref, message_class: 'IPM', folder_id: other.inbox })
        .execute();
      await db
        .insertInto('acls')
        .values({ ...ref, folder_id: other.inbox, kind: 'user', member_id: other.user, denied: 0, rights: 1 })
        .execute();
      await unguarded(db).updateTable('folders').set({ role: 'sent' }).where('id', '=', drafts.id).execute();
      await unguarded(db).updateTable('folders').set({ parent_id: sent.id }).where('id', '=', sent.id).execute();
      await unguarded(db)
        .updateTable('stores')
        .set({ inbox_folder_id: other.inbox })
        .where('id', '=', mailbox.store)
        .execute();
      await unguarded(db).updateTable('stores').set({ user_id: null }).where('id', '=', other.store).execute();
      expect(new Set((await problems(broken)).map(({ what }) => what))).toEqual(
        new Set([
          'folder of receive_folders',
          'folder of acls',
          'folders of a role',
          'parents of a folder',
          'inbox of a store',
          'owner of a store',
        ]),
      );
    } finally {
      await broken.close();
    }
  });
});
