import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callerOf } from '../../shared/access/caller.ts';
import { inTransaction } from '../../shared/database/transaction.ts';
import { deleteUser, updateUser } from '../../shared/directory/entries/users.ts';
import { addressBookIcsChanges } from '../../shared/ics/address-book-changes.ts';
import { allContents, contentChanges } from '../../shared/ics/content-changes.ts';
import { syncScope } from '../../shared/ics/sync-scope.ts';
import { ICS, SYNC } from '../../shared/mapi/sync-flags.ts';
import { folderSourceKey } from '../../shared/store/folders/change-keys.ts';
import { changeAcl, RIGHT } from '../../shared/store/folders/rights.ts';
import { expungeMessages } from '../../shared/store/messages/expunge-messages.ts';
import { FLAG } from '../../shared/store/messages/flags.ts';
import { moveMessages } from '../../shared/store/messages/move-messages.ts';
import { setMessageFlags } from '../../shared/store/messages/set-message-flags.ts';
import { leaveStore } from '../../shared/store/trees/store-ownership.ts';
import { allUids, deliverTo, folderOf, type Mailbox, openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const caller = ({ tenant, user }: Mailbox) => callerOf(store, { tenant, id: user }, []);
const inboxKey = async (mailbox: Mailbox) => folderSourceKey(await folderOf(store, mailbox, 'inbox'));

/** The Inbox as a client synchronises it. */
async function inboxOf(mailbox: Mailbox) {
  const scope = await syncScope(store, await caller(mailbox), await inboxKey(mailbox), 0);
  if (!scope?.folder) throw new Error('there is no Inbox to synchronise');
  return { ...scope, folder: scope.folder, flags: SYNC.READ_STATE, restriction: undefined };
}

describe('a client that synchronises a folder', () => {
  it('gets new, read, moved and deleted messages in the order of the changes', async () => {
    const mailbox = await store.mailbox('anna@ics.test');
    for (const n of [1, 2, 3]) await deliverTo(store, [mailbox], `Subject: ${n}\r\n\r\ntext`);
    const inbox = await inboxOf(mailbox);
    const first = await allContents(store, inbox);
    expect(first.map(({ type }) => type)).toEqual([ICS.MESSAGE_NEW, ICS.MESSAGE_NEW, ICS.MESSAGE_NEW]);
    const [three, two, one] = first.map(({ sourceKey }) => sourceKey);
    const after = first[0]?.changeId ?? 0;
    expect(await contentChanges(store, inbox, { after, syncId: 0 })).toEqual([]);

    const uids = await allUids(store, mailbox, mailbox.inbox);
    await setMessageFlags(store, mailbox, mailbox.inbox, uids.slice(1, 2), {
      how: 'add',
      flags: FLAG.SEEN,
      keywords: [],
    });
    await moveMessages(store, mailbox, mailbox.inbox, uids.slice(0, 1), (await folderOf(store, mailbox, 'junk')).id);
    await expungeMessages(store, mailbox, mailbox.inbox, uids.slice(2), false);
    await deliverTo(store, [mailbox], 'Subject: 4\r\n\r\ntext');

    const changes = await contentChanges(store, inbox, { after, syncId: 0 });
    const numbers = changes.map(({ changeId }) => changeId);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(changes.map(({ type }) => type)).toEqual([
      ICS.MESSAGE_FLAG,
      ICS.MESSAGE_SOFT_DELETE,
      ICS.MESSAGE_SOFT_DELETE,
      ICS.MESSAGE_NEW,
    ]);
    expect(changes.slice(0, 3).map(({ sourceKey }) => sourceKey)).toEqual([two, one, three]);
    expect(await contentChanges(store, inbox, { after: numbers.at(-1) ?? 0, syncId: 0 })).toEqual([]);
  });

  it('of somebody else is refused before the right to read it was given and once it was taken away', async () => {
    const [owner, reader] = [await store.mailbox('owner@rights.test'), await store.mailbox('reader@rights.test')];
    const [key, access] = [await inboxKey(owner), await caller(reader)];
    const scope = () => syncScope(store, access, key, 0);
    const entry = { kind: 'user', member: reader.user, denied: false, rights: RIGHT.READ | RIGHT.VISIBLE } as const;
    await expect(scope()).rejects.toMatchObject({ code: 'NO_ACCESS' });
    await changeAcl(store, owner, owner.inbox, [entry], []);
    expect(await scope()).toMatchObject({ folder: { id: owner.inbox }, rights: RIGHT.READ | RIGHT.VISIBLE });
    await changeAcl(store, owner, owner.inbox, [], [entry]);
    await expect(scope()).rejects.toMatchObject({ code: 'NO_ACCESS' });
  });

  it('of another tenant learns not even that the folder is there', async () => {
    const [owner, stranger] = [
      await store.mailbox('owner@one-tenant.test'),
      await store.mailbox('x@other-tenant.test'),
    ];
    const scope = syncScope(store, await caller(stranger), await inboxKey(owner), 0);
    await expect(scope).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('and has lost its store has nothing more to synchronise', async () => {
    const mailbox = await store.mailbox('left@ics-left.test');
    const [key, access] = [await inboxKey(mailbox), await caller(mailbox)];
    await inTransaction(store.db, (tx) => leaveStore(tx, mailbox, mailbox.login));
    await expect(syncScope(store, access, key, 0)).rejects.toMatchObject({ code: 'NO_ACCESS' });
    await expect(syncScope(store, access, undefined, 0)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a client that copies the address book', () => {
  it('gets created, changed, hidden and deleted users, and none of another tenant', async () => {
    const anna = await store.mailbox('anna@book.test');
    const access = await caller(anna);
    const { changes, last } = await addressBookIcsChanges(store.db, access, 0);
    expect(changes).toHaveLength(1);

    const [bert, carl, dora] = [
      await store.mailbox('bert@book.test'),
      await store.mailbox('carl@book.test'),
      await store.mailbox('dora@book.test'),
    ];
    await store.mailbox('x@other-book.test');
    const come = await addressBookIcsChanges(store.db, access, last);
    expect(come.changes.map(({ type }) => type)).toEqual([ICS.AB_NEW, ICS.AB_NEW, ICS.AB_NEW]);

    await inTransaction(store.db, (tx) => updateUser(tx, store, bert.tenant, bert.login, { fullName: 'Bert' }));
    await inTransaction(store.db, (tx) => updateUser(tx, store, carl.tenant, carl.login, { hidden: true }));
    await inTransaction(store.db, (tx) => deleteUser(tx, dora.tenant, dora.login));
    const gone = await addressBookIcsChanges(store.db, access, come.last);
    expect(gone.changes.map(({ type }) => type)).toEqual([ICS.AB_CHANGE, ICS.AB_DELETE, ICS.AB_DELETE]);
    expect(gone.changes.map(({ sourceKey }) => sourceKey)).toEqual(come.changes.map(({ sourceKey }) => sourceKey));
    expect((await addressBookIcsChanges(store.db, access, gone.last)).changes).toEqual([]);
  });
});
