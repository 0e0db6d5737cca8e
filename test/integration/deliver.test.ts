import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { purgeBlobs } from '../../shared/blobs/blobs.ts';
import { type FolderId, newGuid, type Uid } from '../../shared/store/engine/ids.ts';
import { listFolders } from '../../shared/store/folders/folder.ts';
import { copyMessages } from '../../shared/store/messages/copy-messages.ts';
import { expungeMessages } from '../../shared/store/messages/expunge-messages.ts';
import { purgeSoftDeleted } from '../../shared/store/upkeep/purge.ts';
import {
  allUids,
  deliverTo,
  folderOf,
  openTestStore,
  problems,
  readFolder,
  type TestStore,
} from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore({ attachment_inline_max: '8K' });
});
afterAll(() => store.close());

const withAttachment = (bytes: Buffer) =>
  `Subject: report\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${bytes.toString('base64')}\r\n--b--\r\n`;

describe('delivery', () => {
  it('returns the exact bytes of small and large messages, and stores one blob for all recipients of a tenant', async () => {
    const mailboxes = [
      await store.mailbox('a@one.test'),
      await store.mailbox('b@one.test'),
      await store.mailbox('c@two.test'),
    ];
    const [first = await store.mailbox('x@one.test')] = mailboxes;
    const large = Buffer.from(withAttachment(randomBytes(50_000)));
    expect(await deliverTo(store, mailboxes, large)).toEqual(mailboxes.map(() => ({ kind: 'stored', uid: 1 })));
    await deliverTo(store, mailboxes.slice(0, 1), 'Subject: small\n\nbare \r and \n line ends \0 and no end');
    for (const mailbox of mailboxes)
      expect((await readFolder(store, mailbox, mailbox.inbox))[0]?.equals(large)).toBe(true);
    expect((await readFolder(store, first, first.inbox))[1]?.toString()).toBe(
      'Subject: small\n\nbare \r and \n line ends \0 and no end',
    );
    expect(store.objects.kept.size).toBe(2);
    const blobs = await store.db.selectFrom('blobs').select(['tenant_id', 'refs']).orderBy('tenant_id').execute();
    expect(blobs).toEqual([
      { tenant_id: first.tenant, refs: 2 },
      { tenant_id: mailboxes[2]?.tenant, refs: 1 },
    ]);
    expect(await problems(store)).toEqual([]);
  });

  it('with attachment_sharing = all stores one blob for all tenants', async () => {
    const shared = { ...store, options: { ...store.options, attachment_sharing: 'all' as const } };
    const mailboxes = [await store.mailbox('a@three.test'), await store.mailbox('a@four.test')];
    const before = store.objects.kept.size;
    await deliverTo(shared, mailboxes, withAttachment(randomBytes(50_000)));
    expect(store.objects.kept.size).toBe(before + 1);
    const rows = await store.db.selectFrom('blobs').select('refs').where('tenant_id', '=', 0).execute();
    expect(rows).toEqual([{ refs: 2 }]);
    expect(await problems(store)).toEqual([]);
  });

  it('uploads an attachment that is stored already once more, so that its time tells nothing', async () => {
    const [one, other] = [await store.mailbox('u@five.test'), await store.mailbox('u@six.test')];
    const large = withAttachment(randomBytes(50_000));
    let uploads = 0;
    const counting = {
      ...store,
      objects: {
        ...store.objects,
        put: (...args: Parameters<typeof store.objects.put>) => {
          uploads++;
          return store.objects.put(...args);
        },
      },
    };
    for (const mailbox of [one, one, other, other]) await deliverTo(counting, [mailbox], large);
    expect(uploads).toBe(4);
    expect(await problems(store)).toEqual([]);
  });

  it('keeps the attachment of a copy in another tenant when the original is purged', async () => {
    const [from, to] = [await store.mailbox('from@seven.test'), await store.mailbox('to@eight.test')];
    const large = Buffer.from(withAttachment(randomBytes(50_000)));
    await deliverTo(store, [from], large);
    await copyMessages(store, from, from.inbox, [1 as Uid], { ref: to, folder: to.inbox, hardQuota: 0 });
    await expungeMessages(store, from, from.inbox, await allUids(store, from, from.inbox), false);
    store.time.now += 1000;
    await purgeSoftDeleted(store, store.time.now, 100);
    await purgeBlobs(store.db, store.objects, store.clock, 0, 100);
    expect((await readFolder(store, to, to.inbox))[0]?.equals(large)).toBe(true);
    expect(await problems(store)).toEqual([]);
  });

  it('stores nothing for an id that is stored already, in sequence or concurrently', async () => {
    const mailbox = await store.mailbox('idempotent@one.test');
    const id = newGuid(store.clock());
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => deliverTo(store, [mailbox], 'Subject: once\r\n\r\n', { id, mayBeStored: true })),
    );
    expect(outcomes.flat().filter((outcome) => outcome.kind === 'stored')).toHaveLength(1);
    expect(await deliverTo(store, [mailbox], 'Subject: once\r\n\r\n', { id, mayBeStored: true })).toEqual([
      { kind: 'already-stored' },
    ]);
    expect(await readFolder(store, mailbox, mailbox.inbox)).toHaveLength(1);
    expect(await problems(store)).toEqual([]);
  });

  it('refuses a recipient over the hard quota and stores the message for the others', async () => {
    const [full, other] = [await store.mailbox('full@one.test'), await store.mailbox('other@one.test')];
    const message = `Subject: x\r\n\r\n${'x'.repeat(1000)}`;
    expect(await deliverTo(store, [full], message, { hardQuota: 1500 })).toEqual([{ kind: 'stored', uid: 1 }]);
    expect(await deliverTo(store, [full, other], message, { hardQuota: 1500 })).toEqual([
      { kind: 'store-full' },
      { kind: 'stored', uid: 1 },
    ]);
    expect(await problems(store)).toEqual([]);
  });

  it('never exceeds the hard quota with concurrent messages', async () => {
    const mailbox = await store.mailbox('race@one.test');
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, () =>
        deliverTo(store, [mailbox], `Subject: x\r\n\r\n${'x'.repeat(986)}`, { hardQuota: 10_000 }),
      ),
    );
    expect(outcomes.flat().filter((outcome) => outcome.kind === 'stored')).toHaveLength(10);
    expect(await problems(store)).toEqual([]);
  });

  it('throws for a large message while the object store is unreachable and stores nothing of it; a small one is stored', async () => {
    const mailbox = await store.mailbox('away@one.test');
    store.objects.fail = true;
    await expect(deliverTo(store, [mailbox], withAttachment(randomBytes(20_000)))).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
    });
    await deliverTo(store, [mailbox], 'Subject: small\r\n\r\n');
    store.objects.fail = false;
    expect(await readFolder(store, mailbox, mailbox.inbox)).toHaveLength(1);
    expect(await problems(store)).toEqual([]);
  });

  it('reports a message whose folder is gone, and stores the others of its batch', async () => {
    const [gone, there] = [await store.mailbox('gone@one.test'), await store.mailbox('there@one.test')];
    const outcomes = await Promise.all([
      deliverTo(store, [{ ...gone, inbox: 999_999 as FolderId }], 'a\r\n\r\n'),
      deliverTo(store, [there], 'b\r\n\r\n'),
    ]);
    expect(outcomes.flat().map((outcome) => outcome.kind)).toEqual(['gone', 'stored']);
  });

  it('does not find a store of another tenant by its id', async () => {
    const [mine, theirs] = [await store.mailbox('mine@one.test'), await store.mailbox('theirs@two.test')];
    const outcomes = await deliverTo(store, [{ ...theirs, tenant: mine.tenant }], 'Subject: x\r\n\r\n');
    expect(outcomes).toEqual([{ kind: 'gone' }]);
    expect(await listFolders(store.db, { tenant: mine.tenant, store: theirs.store })).toEqual([]);
    expect(await readFolder(store, { tenant: mine.tenant, store: theirs.store }, theirs.inbox)).toEqual([]);
  });

  it('signals the stores that changed, after the commit', async () => {
    const mailbox = await store.mailbox('ring@one.test');
    store.signalled.length = 0;
    await deliverTo(store, [mailbox], 'Subject: x\r\n\r\n');
    expect(store.signalled).toEqual([mailbox.store]);
  });

  it('finds the default folders of a new mailbox, named in its language', async () => {
    const mailbox = await store.mailbox('folders@one.test');
    const names = (await listFolders(store.db, mailbox)).map((folder) => folder.name);
    expect(names).toEqual(
      expect.arrayContaining([
        'Inbox',
        'Outbox',
        'Sent Items',
        'Deleted Items',
        'Drafts',
        'Junk E-mail',
        'Calendar',
        'Contacts',
        'Tasks',
        'Notes',
        'Journal',
      ]),
    );
    expect((await folderOf(store, mailbox, 'inbox')).id).toBe(mailbox.inbox);
    const validities = (await listFolders(store.db, mailbox)).map((folder) => folder.uidValidity);
    expect(new Set(validities).size).toBe(validities.length);
  });
});
