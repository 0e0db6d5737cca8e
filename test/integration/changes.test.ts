import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { purgeBlobs, SHARED_SCOPE, storeBlob } from '../../shared/blobs/blobs.ts';
import { bytesSource } from '../../shared/mime/message-source.ts';
import { scanMessage } from '../../shared/mime/scanner.ts';
import { prepareMessage } from '../../shared/store/content/prepare-message.ts';
import { changesOfFolder } from '../../shared/store/engine/changes.ts';
import { type FolderId, newGuid, type Uid } from '../../shared/store/engine/ids.ts';
import { createFolder } from '../../shared/store/folders/create-folder.ts';
import { listFolders } from '../../shared/store/folders/folder.ts';
import { moveFolder } from '../../shared/store/folders/move-folder.ts';
import { copyMessages } from '../../shared/store/messages/copy-messages.ts';
import { deliver } from '../../shared/store/messages/deliver.ts';
import { expungeMessages } from '../../shared/store/messages/expunge-messages.ts';
import { FLAG } from '../../shared/store/messages/flags.ts';
import { listStates } from '../../shared/store/messages/message-list.ts';
import { moveMessages } from '../../shared/store/messages/move-messages.ts';
import { setMessageFlags } from '../../shared/store/messages/set-message-flags.ts';
import { outgoingRow } from '../../shared/store/outgoing/add-outgoing.ts';
import { finishSent } from '../../shared/store/outgoing/finish-sent.ts';
import { listOutgoing } from '../../shared/store/outgoing/outgoing-admin.ts';
import { discardOutgoing, sendingFolders } from '../../shared/store/outgoing/outgoing-queue.ts';
import { deleteFolder } from '../../shared/store/trees/delete-folder.ts';
import {
  listDeletedFolders,
  listDeletedMessages,
  restoreFolder,
  restoreMessages,
} from '../../shared/store/trees/deleted-items.ts';
import { purgeDeletedFolders, purgeSoftDeleted } from '../../shared/store/upkeep/purge.ts';
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
  store = await openTestStore({ attachment_inline_max: 200 });
});
afterAll(() => store.close());

/** Attachments of few kinds, so that blobs are shared. */
const message = (n: number) =>
  `Subject: ${n}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext ${n}\r\n--b\r\n\r\n${String(n % 3).repeat(400)}\r\n--b--\r\n`;

describe('changes to messages', () => {
  it('sets, adds and removes flags; keywords have no case; every change has a number of its own', async () => {
    const mailbox = await store.mailbox('flags@one.test');
    await deliverTo(store, [mailbox], message(1));
    await deliverTo(store, [mailbox], message(2));
    const uids = (await listStates(store.db, mailbox, mailbox.inbox)).map((state) => state.uid);
    await setMessageFlags(store, mailbox, mailbox.inbox, uids, { how: 'add', flags: FLAG.SEEN, keywords: ['Work'] });
    await setMessageFlags(store, mailbox, mailbox.inbox, uids.slice(0, 1), {
      how: 'remove',
      flags: FLAG.SEEN,
      keywords: ['WORK'],
    });
    const states = await listStates(store.db, mailbox, mailbox.inbox);
    expect(states.map(({ flags, keywords }) => [flags, keywords])).toEqual([
      [0, []],
      [1, ['Work']],
    ]);
    expect(new Set(states.map((state) => state.modseq)).size).toBe(2);
    expect((await folderOf(store, mailbox, 'inbox')).unseen).toBe(1);
    expect(await problems(store)).toEqual([]);
  });

  it('a message keeps its bytes and its id when it is moved, and a copy gets its own', async () => {
    const mailbox = await store.mailbox('move@one.test');
    await deliverTo(store, [mailbox], message(7));
    const target = await folderOf(store, mailbox, 'junk');
    const ids = () =>
      store.db
        .selectFrom('messages')
        .select('id')
        .where('tenant_id', '=', mailbox.tenant)
        .where('store_id', '=', mailbox.store)
        .where('deleted', '=', 0)
        .execute();
    const before = await ids();
    const copied = await copyMessages(store, mailbox, mailbox.inbox, [1 as Uid], {
      ref: mailbox,
      folder: target.id,
      hardQuota: 0,
    });
    expect(copied).toEqual([{ from: 1, to: 1 }]);
    const moved = await moveMessages(store, mailbox, mailbox.inbox, [1 as Uid], target.id);
    expect(moved).toEqual([{ from: 1, to: 2 }]);
    expect(await readFolder(store, mailbox, mailbox.inbox)).toEqual([]);
    expect((await readFolder(store, mailbox, target.id)).map(String)).toEqual([message(7), message(7)]);
    expect((await ids()).some(({ id }) => before[0]?.id.equals(id))).toBe(true);
    expect(await problems(store)).toEqual([]);
  });

  it('an expunged message is soft-deleted, purged after its time, and its blob goes after the grace period', async () => {
    const mailbox = await store.mailbox('purge@three.test');
    const alone = `Subject: x\r\n\r\n${'unique '.repeat(100)}`;
    await deliverTo(store, [mailbox], alone);
    const blobs = store.objects.kept.size;
    await setMessageFlags(store, mailbox, mailbox.inbox, [1 as Uid], { how: 'add', flags: FLAG.DELETED, keywords: [] });
    expect(await expungeMessages(store, mailbox, mailbox.inbox, await allUids(store, mailbox, mailbox.inbox))).toEqual([
      1,
    ]);
    expect(await purgeSoftDeleted(store, store.time.now, 100)).toBe(0);
    store.time.now += 1000;
    expect(await purgeSoftDeleted(store, store.time.now, 100)).toBeGreaterThan(0);
    expect(await purgeBlobs(store.db, store.objects, store.clock, 5000, 100)).toBe(0);
    store.time.now += 6000;
    expect(await purgeBlobs(store.db, store.objects, store.clock, 5000, 100)).toBeGreaterThan(0);
    expect(store.objects.kept.size).toBeLessThan(blobs);
    expect(await problems(store)).toEqual([]);
  });

  it('a purge that races with a delivery of the same attachment never removes a blob in use', async () => {
    const mailbox = await store.mailbox('blobrace@one.test');
    for (let round = 0; round < 15; round++) {
      const text = `Subject: race\r\n\r\n${`round ${round} `.repeat(60)}`;
      await deliverTo(store, [mailbox], text);
      await expungeMessages(store, mailbox, mailbox.inbox, await allUids(store, mailbox, mailbox.inbox), false);
      store.time.now += 1;
      await purgeSoftDeleted(store, store.time.now, 100);
      store.time.now += 1;
      await Promise.allSettled([
        purgeBlobs(store.db, store.objects, store.clock, 0, 100),
        deliverTo(store, [mailbox], text),
        purgeBlobs(store.db, store.objects, store.clock, 0, 100),
      ]);
      expect(await problems(store)).toEqual([]);
      await expungeMessages(store, mailbox, mailbox.inbox, await allUids(store, mailbox, mailbox.inbox), false);
    }
  });

  it('a blob that was announced and never used is purged', async () => {
    const bytes = Buffer.from('nobody uses this');
    await storeBlob(
      store.db,
      store.objects,
      store.clock,
      { scope: SHARED_SCOPE, hash: Buffer.alloc(32, 7), size: bytes.length },
      async function* () {
        yield bytes;
      },
    );
    const before = store.objects.kept.size;
    store.time.now += 10;
    await purgeBlobs(store.db, store.objects, store.clock, 5, 100);
    expect(store.objects.kept.size).toBeLessThan(before);
    expect(await problems(store)).toEqual([]);
  });
});

/** As an IMAP client deletes a folder. */
const alone = { messages: true, folders: false, hard: false, syncId: 0, may: () => true };

describe('folders', () => {
  it('names are unique below one parent, a folder cannot go into itself, and default folders stay', async () => {
    const mailbox = await store.mailbox('folders@four.test');
    const subtree = await folderOf(store, mailbox, 'subtree');
    const { id: a } = await createFolder(store, mailbox, { parent: subtree.id, name: 'a' });
    const { id: b } = await createFolder(store, mailbox, { parent: a, name: 'b' });
    await expect(createFolder(store, mailbox, { parent: subtree.id, name: 'a' })).rejects.toMatchObject({
      code: 'COLLISION',
    });
    await expect(moveFolder(store, mailbox, a, { parent: b, name: 'a', syncId: 0 })).rejects.toMatchObject({
      code: 'FOLDER_CYCLE',
    });
    await expect(deleteFolder(store, mailbox, a, alone)).rejects.toMatchObject({ code: 'HAS_FOLDERS' });
    await expect(deleteFolder(store, mailbox, mailbox.inbox, alone)).rejects.toMatchObject({ code: 'NO_ACCESS' });
    await deliverTo(store, [mailbox], message(1), { folder: b });
    const before = (await listFolders(store.db, mailbox)).find((folder) => folder.id === b);
    await deleteFolder(store, mailbox, b, alone);
    const { id: again } = await createFolder(store, mailbox, { parent: a, name: 'b' });
    const after = (await listFolders(store.db, mailbox)).find((folder) => folder.id === again);
    expect(after?.uidValidity).toBeGreaterThan(before?.uidValidity ?? 0);
    expect(await problems(store)).toEqual([]);
  });

  it('another tenant cannot change a folder by its id', async () => {
    const [mine, theirs] = [await store.mailbox('mine@five.test'), await store.mailbox('theirs@six.test')];
    const foreign = { tenant: mine.tenant, store: mine.store };
    await expect(createFolder(store, foreign, { parent: theirs.inbox, name: 'x' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(deleteFolder(store, foreign, theirs.inbox, alone)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(
      setMessageFlags(store, foreign, theirs.inbox, [1 as Uid], { how: 'add', flags: 1, keywords: [] }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(
      setMessageFlags(store, { tenant: mine.tenant, store: theirs.store }, theirs.inbox, [1 as Uid], {
        how: 'add',
        flags: 1,
        keywords: [],
      }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the change feed', () => {
  it('shows a reader every change, in order, while many write', async () => {
    const mailbox = await store.mailbox('feed@one.test');
    let done = false;
    const seen: number[] = [];
    const reader = (async () => {
      let after = 0;
      for (;;) {
        const last = done;
        const changes = await changesOfFolder(store.db, mailbox, mailbox.inbox, after);
        seen.push(...changes.filter((change) => change.uid !== null).map((change) => change.seq));
        after = changes.at(-1)?.seq ?? after;
        if (last) return;
      }
    })();
    await Promise.all(Array.from({ length: 60 }, (_, i) => deliverTo(store, [mailbox], message(i))));
    const uids = (await listStates(store.db, mailbox, mailbox.inbox)).map((state) => state.uid);
    await Promise.all(
      uids.map((uid) =>
        setMessageFlags(store, mailbox, mailbox.inbox, [uid], { how: 'add', flags: FLAG.SEEN, keywords: [] }),
      ),
    );
    done = true;
    await reader;
    expect(seen).toHaveLength(120);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });
});

describe('counters', () => {
  type Operation = {
    kind:
      | 'deliver'
      | 'mark'
      | 'expunge'
      | 'copy'
      | 'move'
      | 'purge'
      | 'folder'
      | 'restore'
      | 'unfold'
      | 'submit'
      | 'finish';
    a: number;
    b: number;
  };
  const operation: fc.Arbitrary<Operation> = fc.record({
    kind: fc.constantFrom(
      'deliver',
      'deliver',
      'deliver',
      'mark',
      'mark',
      'expunge',
      'copy',
      'move',
      'purge',
      'folder',
      'restore',
      'unfold',
      'submit',
      'finish',
    ),
    a: fc.nat(1000),
    b: fc.nat(1000),
  });

  it('equal a recount after ten thousand operations, three at a time', async () => {
    let count = 0;
    const mailboxes = [await store.mailbox('p@prop.test'), await store.mailbox('q@prop.test')];
    const run = async ({ kind, a, b }: Operation) => {
      const mailbox = mailboxes[a % 2] ?? (await store.mailbox('never@prop.test'));
      const folders = (await listFolders(store.db, mailbox)).filter((folder) => folder.containerClass === 'IPF.Note');
      const [from, to] = [
        folders[a % folders.length]?.id ?? mailbox.inbox,
        folders[b % folders.length]?.id ?? mailbox.inbox,
      ] as [FolderId, FolderId];
      const uids = (await listStates(store.db, mailbox, from))
        .map((state) => state.uid)
        .filter((uid) => (uid + b) % 3 !== 0);
      switch (kind) {
        case 'deliver':
          return deliverTo(store, b % 2 === 0 ? mailboxes : [mailbox], message(a), b % 2 === 0 ? {} : { folder: to });
        case 'mark':
          return setMessageFlags(store, mailbox, from, uids, {
            how: b % 2 === 0 ? 'add' : 'set',
            flags: b % 32,
            keywords: b % 5 === 0 ? ['k'] : [],
          });
        case 'expunge':
          return expungeMessages(store, mailbox, from, uids, b % 2 === 0);
        case 'copy':
          return copyMessages(store, mailbox, from, uids.slice(0, 5), { ref: mailbox, folder: to, hardQuota: 0 });
        case 'move':
          return moveMessages(store, mailbox, from, uids, to);
        case 'purge':
          store.time.now += 1;
          // Items that were deleted a while ago, some of which can still be restored.
          await purgeSoftDeleted(store, store.time.now - 20, 20);
          return purgeDeletedFolders(store, store.time.now - 20, 5);
        case 'restore': {
          const deleted = await listDeletedMessages(store.db, mailbox, Buffer.alloc(0), 1 + (b % 20));
          return restoreMessages(
            store,
            mailbox,
            deleted.map(({ id }) => id),
            0,
          );
        }
        case 'unfold': {
          const [folder] = await listDeletedFolders(store.db, mailbox);
          return folder && restoreFolder(store, mailbox, folder.id, 0);
        }
        case 'submit': {
          const bytes = Buffer.from(message(a));
          const prepared = await prepareMessage(
            store,
            mailbox.tenant,
            bytesSource(bytes),
            scanMessage(bytes),
            store.clock(),
          );
          const outgoing = {
            sender: mailbox.login,
            recipients: ['x@out.test'],
            sendAt: store.clock(),
            expiresAt: 1e15,
          };
          const target = {
            ...mailbox,
            folder: (await folderOf(store, mailbox, 'outbox')).id,
            id: newGuid(store.clock()),
            hardQuota: 0,
          };
          return deliver(store, prepared, [target], { companion: outgoingRow(outgoing) });
        }
        case 'finish': {
          const queued = await listOutgoing(store.db, mailbox.tenant, Buffer.alloc(0), 5);
          const own = await sendingFolders(
            store.db,
            mailbox.tenant,
            mailboxes.map((each) => each.store),
          );
          const done = queued.flatMap((entry) => {
            const of = own.get(entry.store);
            return of ? [{ message: entry, from: of.outbox, folders: of }] : [];
          });
          const [first] = done;
          if (b % 3 === 0 && first) return discardOutgoing(store, first.message, first.folders.outbox);
          return finishSent(store, mailbox.tenant, done);
        }
        case 'folder': {
          const own = folders.find((folder) => folder.role === null);
          return own && b % 2 === 0
            ? deleteFolder(store, mailbox, own.id, alone)
            : createFolder(store, mailbox, { parent: from, name: `f${b}` });
        }
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 500, maxLength: 500, size: 'max' }), async (operations) => {
        for (let i = 0; i < operations.length; i += 3) {
          const results = await Promise.allSettled(operations.slice(i, i + 3).map(run));
          count += results.length;
          for (const result of results)
            if (result.status === 'rejected')
              expect(['NOT_FOUND', 'HAS_FOLDERS', 'COLLISION']).toContain(result.reason.code);
        }
        expect(await problems(store)).toEqual([]);
      }),
      { numRuns: 20, endOnFailure: true },
    );
    expect(count).toBeGreaterThanOrEqual(10_000);
  }, 600_000);
});
