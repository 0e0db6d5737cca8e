import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import { type FolderId, newGuid } from '../../shared/store/engine/ids.ts';
import { setAnnotations } from '../../shared/store/folders/annotations.ts';
import { createFolder } from '../../shared/store/folders/create-folder.ts';
import { FOLDER_TYPE, folderByRole } from '../../shared/store/folders/folder.ts';
import { setReceiveFolder } from '../../shared/store/folders/receive-folders.ts';
import { changeAcl, RIGHT } from '../../shared/store/folders/rights.ts';
import { moveMessages } from '../../shared/store/messages/move-messages.ts';
import { saveMessage } from '../../shared/store/messages/save-message.ts';
import { purgeDeletedItems } from '../../shared/store/upkeep/purge.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { ImapDialogue } from '../support/imap-dialogue.ts';
import { allUids, deliverTo, type Mailbox, openTestStore, problems, type TestStore } from '../support/test-store.ts';

// What other protocols see of a folder that IMAP has made, renamed or deleted.

let store: TestStore;
let gateway: TestGateway;
const open: ImapDialogue[] = [];

beforeAll(async () => {
  store = await openTestStore();
  gateway = await startTestGateway(store);
});
afterEach(() => {
  for (const client of open.splice(0)) client.close();
});
afterAll(async () => {
  gateway.close();
  await store.close();
});

async function session(mailbox: Mailbox): Promise<ImapDialogue> {
  const client = await ImapDialogue.open(gateway.port, mailbox.login);
  open.push(client);
  return client;
}

/** The row of a folder, live or not. */
const rowOf = ({ tenant, store: id }: Mailbox, name: string) =>
  store.db
    .selectFrom('folders')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', id)
    .where('name', '=', name)
    .executeTakeFirst();

const lastChange = async (mailbox: Mailbox): Promise<number> =>
  (
    await store.db
      .selectFrom('stores')
      .select('change_seq')
      .where('tenant_id', '=', mailbox.tenant)
      .where('id', '=', mailbox.store)
      .executeTakeFirstOrThrow()
  ).change_seq;

/** The tables that say something of a folder. */
const TABLES = ['acls', 'annotations', 'receive_folders', 'search_results', 'messages'] as const;

/** In which tables something is left of a folder. */
async function tablesWith({ tenant, store: id }: Mailbox, folder: FolderId): Promise<string[]> {
  const found: string[] = [];
  for (const table of TABLES) {
    const row = await store.db
      .selectFrom(table)
      .select('folder_id')
      .where('tenant_id', '=', tenant)
      .where('store_id', '=', id)
      .where('folder_id', '=', folder)
      .executeTakeFirst();
    if (row) found.push(table);
  }
  return found;
}

/** Fills a folder with something in every table that can say something of it. */
async function fill(mailbox: Mailbox, folder: FolderId): Promise<void> {
  await deliverTo(store, [mailbox], 'Subject: kept here\r\n\r\ntext', { folder });
  await saveMessage(store, mailbox, {
    folder,
    id: newGuid(store.time.now),
    change: {
      type: OBJECT.MESSAGE,
      id: 0,
      deleted: false,
      set: new Map([[PR.SUBJECT, 'a view of the folder']]),
      removed: [],
      children: [],
    },
    associated: true,
    syncId: 0,
    hardQuota: 0,
    modifier: { name: 'anna', entryId: Buffer.alloc(0) },
  });
  const rights = { kind: 'user', member: mailbox.user, denied: false, rights: RIGHT.READ } as const;
  await changeAcl(store, mailbox, folder, [rights], []);
  await setAnnotations(store, { ref: mailbox, folder }, [
    { user: 0, name: '/shared/comment', value: Buffer.from('x') },
  ]);
  await setReceiveFolder(store, mailbox, 'IPM.Note.Special', folder);
  await store.db
    .insertInto('search_results')
    .values({ tenant_id: mailbox.tenant, store_id: mailbox.store, folder_id: folder, message_id: newGuid(0) })
    .execute();
}

describe('a folder that IMAP makes or renames', () => {
  it('has a change key from the beginning, and another one with its new name', async () => {
    const mailbox = await store.mailbox('keys@imapfolders.test');
    const client = await session(mailbox);
    await client.run('CREATE a');
    const made = await rowOf(mailbox, 'a');
    expect(made?.changed_seq).toBe(await lastChange(mailbox));
    store.time.now += 1000;
    await client.run('RENAME a b');
    const renamed = await rowOf(mailbox, 'b');
    expect(renamed?.changed_seq).toBe(await lastChange(mailbox));
    expect(renamed?.changed_seq).toBeGreaterThan(made?.changed_seq ?? 0);
    expect(renamed?.modified_at).toBe(store.time.now);
  });

  it('for a special use gets its role in the same change, and no folder is made for an impossible use', async () => {
    const [owner, reader] = [await store.mailbox('owner@imapuse.test'), await store.mailbox('reader@imapuse.test')];
    const client = await session(owner);
    const before = await lastChange(owner);
    await client.run('CREATE Kept (USE (\\Archive))');
    expect(client.tagged).toMatch(/^OK/);
    expect(await rowOf(owner, 'Kept')).toMatchObject({ role: 'archive', changed_seq: before + 1 });
    await client.run('CREATE Again (USE (\\Archive))');
    expect(client.tagged).toMatch(/^NO \[USEATTR\]/);
    expect(await rowOf(owner, 'Again')).toBeUndefined();
    const all = { kind: 'user', member: reader.user, denied: false, rights: 0x5fb } as const;
    await changeAcl(store, owner, owner.inbox, [all], []);
    const other = await session(reader);
    await other.run('CREATE "user/owner@imapuse.test/INBOX/Theirs" (USE (\\Archive))');
    expect(other.tagged).toMatch(/^NO \[USEATTR\]/);
    expect(await rowOf(owner, 'Theirs')).toBeUndefined();
  });
});

describe('a folder that IMAP deletes', () => {
  it('takes along all that belongs to it, and the purge leaves nothing of it in any table', async () => {
    const mailbox = await store.mailbox('gone@imapfolders.test');
    const client = await session(mailbox);
    await client.run('CREATE gone');
    const folder = (await rowOf(mailbox, 'gone'))?.id as FolderId;
    await fill(mailbox, folder);
    expect(await tablesWith(mailbox, folder)).toEqual([...TABLES]);
    await client.run('DELETE gone');
    expect(client.tagged).toMatch(/^OK/);
    // The message waits in the soft-deleted view.
    expect(await tablesWith(mailbox, folder)).toEqual(['messages']);
    expect(await problems(store)).toEqual([]);
    await purgeDeletedItems(store, store.time.now + 1, () => true);
    expect(await tablesWith(mailbox, folder)).toEqual([]);
    expect(await rowOf(mailbox, 'gone')).toBeUndefined();
    expect(await problems(store)).toEqual([]);
  });

  it('is not the archive folder, which can be neither deleted nor renamed', async () => {
    const client = await session(await store.mailbox('archive@imapfolders.test'));
    await client.run('CREATE Archive (USE (\\Archive))');
    await client.run('DELETE Archive');
    expect(client.tagged).toMatch(/^NO \[NOPERM\]/);
    await client.run('RENAME Archive Elsewhere');
    expect(client.tagged).toMatch(/^NO \[NOPERM\]/);
    expect(await client.run('LIST "" Archive')).toHaveLength(1);
  });
});

describe('a search folder', () => {
  it('is no mailbox, and no protocol puts a message into it', async () => {
    const mailbox = await store.mailbox('search@imapfolders.test');
    const parent = await folderByRole(store.db, mailbox, 'subtree');
    const { id } = await createFolder(store, mailbox, { parent, name: 'Found', type: FOLDER_TYPE.SEARCH });
    const client = await session(mailbox);
    expect(await client.run('LIST "" Found')).toEqual([]);
    await client.run('STATUS Found (MESSAGES)');
    expect(client.tagged).toMatch(/^NO \[NONEXISTENT\]/);
    expect(await deliverTo(store, [mailbox], 'Subject: x\r\n\r\n', { folder: id })).toEqual([{ kind: 'gone' }]);
    await deliverTo(store, [mailbox], 'Subject: x\r\n\r\n');
    const uids = await allUids(store, mailbox, mailbox.inbox);
    await expect(moveMessages(store, mailbox, mailbox.inbox, uids, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await problems(store)).toEqual([]);
  });
});
