import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesSource } from '../../shared/mime/message-source.ts';
import { scanMessage } from '../../shared/mime/scanner.ts';
import { prepareMessage } from '../../shared/store/content/prepare-message.ts';
import { newGuid } from '../../shared/store/engine/ids.ts';
import { deliver } from '../../shared/store/messages/deliver.ts';
import { listStates } from '../../shared/store/messages/message-list.ts';
import { outgoingRow } from '../../shared/store/outgoing/add-outgoing.ts';
import { finishSent } from '../../shared/store/outgoing/finish-sent.ts';
import { listOutgoing } from '../../shared/store/outgoing/outgoing-admin.ts';
import { claimOutgoing, sendingFolders } from '../../shared/store/outgoing/outgoing-queue.ts';
import { deliverTo, folderOf, type Mailbox, openTestStore, problems, type TestStore } from '../support/test-store.ts';

// A message that came to two users has one id in both stores, and each of them may submit it again.

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const bytes = Buffer.from('Subject: x\r\nFrom: a@same.test\r\n\r\ntext\r\n');

async function submit(box: Mailbox, id: Buffer): Promise<void> {
  const prepared = await prepareMessage(store, box.tenant, bytesSource(bytes), scanMessage(bytes), store.clock());
  const { id: folder } = await folderOf(store, box, 'outbox');
  const target = { tenant: box.tenant, store: box.store, folder, id, hardQuota: 0 };
  const queued = { sender: box.login, recipients: ['x@y.test'], sendAt: store.clock(), expiresAt: store.clock() + 1e9 };
  await deliver(store, prepared, [target], { companion: outgoingRow(queued as never) });
}

async function ids(box: Mailbox, role: 'inbox' | 'outbox' | 'sent'): Promise<string[]> {
  const { id: folder } = await folderOf(store, box, role);
  const rows = await store.db
    .selectFrom('messages')
    .select('id')
    .where('folder_id', '=', folder)
    .orderBy('uid')
    .execute();
  return rows.map(({ id }) => id.toString('hex'));
}

async function finish(messages: readonly (readonly [Mailbox, Buffer])[]): Promise<void> {
  const [[first] = []] = messages;
  if (!first) return;
  const folders = await sendingFolders(
    store.db,
    first.tenant,
    messages.map(([box]) => box.store),
  );
  const sent = messages.flatMap(([{ tenant, store: id }, message]) => {
    const own = folders.get(id);
    return own ? [{ message: { tenant, store: id, id: message }, from: own.outbox, folders: own }] : [];
  });
  await finishSent(store, first.tenant, sent);
}

describe('messages of one id in two stores', () => {
  it('the one that was sent goes to Sent Items; the other user keeps theirs in the Inbox', async () => {
    const [anna, bert] = [await store.mailbox('anna@same.test'), await store.mailbox('bert@same.test')];
    const [shared, other] = [newGuid(store.clock()), newGuid(store.clock())];
    await deliverTo(store, [bert], bytes, { id: shared });
    await submit(anna, shared);
    await submit(bert, other);
    await finish([
      [anna, shared],
      [bert, other],
    ]);
    expect(await ids(bert, 'inbox')).toEqual([shared.toString('hex')]);
    expect(await ids(bert, 'sent')).toEqual([other.toString('hex')]);
    expect(await ids(anna, 'sent')).toEqual([shared.toString('hex')]);
    expect(await problems(store)).toEqual([]);
  });

  it('the other stays in the queue, unclaimed, until it has been sent too', async () => {
    const [cleo, dora] = [await store.mailbox('cleo@same.test'), await store.mailbox('dora@same.test')];
    const [shared, other] = [newGuid(store.clock()), newGuid(store.clock())];
    await submit(cleo, shared);
    await submit(dora, shared);
    await submit(dora, other);
    const wanted = [
      { tenant: cleo.tenant, store: cleo.store, id: shared },
      { tenant: dora.tenant, store: dora.store, id: other },
    ];
    expect(await claimOutgoing(store, cleo.tenant, wanted, 1000)).toHaveLength(2);
    await finish([
      [cleo, shared],
      [dora, other],
    ]);
    const queued = await listOutgoing(store.db, cleo.tenant, Buffer.alloc(16), 10);
    expect(queued.map(({ id }) => id.toString('hex'))).toEqual([shared.toString('hex')]);
    expect(await ids(dora, 'outbox')).toEqual([shared.toString('hex')]);
    await finish([[dora, shared]]);
    expect(await ids(dora, 'sent')).toEqual([other.toString('hex'), shared.toString('hex')]);
    expect(await problems(store)).toEqual([]);
  });

  it('both that were sent at once get the uids of their own Sent Items', async () => {
    const [eve, finn] = [await store.mailbox('eve@same.test'), await store.mailbox('finn@same.test')];
    const shared = newGuid(store.clock());
    const before = newGuid(store.clock());
    await submit(eve, before);
    await finish([[eve, before]]);
    await submit(eve, shared);
    await submit(finn, shared);
    await finish([
      [eve, shared],
      [finn, shared],
    ]);
    const sent = await listStates(store.db, finn, (await folderOf(store, finn, 'sent')).id);
    expect(sent.map(({ uid }) => uid)).toEqual([1]);
    expect(await ids(eve, 'sent')).toEqual([before.toString('hex'), shared.toString('hex')]);
    expect(await problems(store)).toEqual([]);
  });
});
