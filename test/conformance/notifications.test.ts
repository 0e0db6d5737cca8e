import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SoapClient } from '../../scripts/clients/soap-client.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';
import { encodeEntryId } from '../../shared/mapi/entry-id.ts';
import type { Property } from '../../shared/mapi/property.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import type { Notification } from '../../shared/protocol/soap/interface.ts';

// The notifications of changes that a client gets for its subscriptions.

let stack: TemporaryStack;
beforeAll(async () => {
  stack = await startTemporaryStack({ durable: false });
  await stack.tenant('notify.test', ['anna']);
});
afterAll(() => stack.stop());

const EVENT = { CREATED: 4, DELETED: 8, MODIFIED: 0x10, MOVED: 0x20, ALL: 0x7c, TABLE: 0x100 };
const ABOUT = { MESSAGES: 0x10000, FOLDERS: 0x20000, NO_COUNTERS: 0x40000 };
const ROW = { ADDED: 3, DELETED: 4, MODIFIED: 5 };
const object = { delProps: [], bDelete: false, ulClientId: 0, ulServerId: 0 };
const none = Buffer.alloc(0);

/** A client with two folders of its own, that watches and changes. */
async function watcher() {
  const server = { port: stack.port('store-server', 'soap') };
  const client = await SoapClient.logon(server, 'anna@notify.test', 'pass');
  const { sStoreId: store = none, guid = none } = await client.call('getStore', {});
  const { sReceiveFolder } = await client.call('getReceiveFolder', { sStoreId: store, lpszMessageClass: '' });
  const inbox = sReceiveFolder?.sEntryId ?? none;
  const folder = async (name = randomBytes(6).toString('hex')): Promise<Buffer> =>
    (await client.call('createFolder', { sParentId: inbox, ulType: 1, szName: name, fOpenIfExists: false })).sEntryId ??
    none;
  const save = async (sParentEntryId: Buffer, modProps: Property[], id?: Buffer): Promise<Buffer> => {
    const sEntryId = id ?? encodeEntryId({ store: guid, type: OBJECT.MESSAGE, guid: randomBytes(16) });
    const lpsSaveObj = { ...object, ulObjType: OBJECT.MESSAGE, modProps };
    expect((await client.call('saveObject', { sParentEntryId, sEntryId, lpsSaveObj })).er).toBe(0);
    return sEntryId;
  };
  const subscribe = async (sKey: Buffer, ulEventMask: number, ulConnection = 1): Promise<void> => {
    const notifySubscribe = { ulConnection, sKey, ulEventMask, sSyncState: { ulSyncId: 0, ulChangeId: 0 } };
    expect((await client.call('notifySubscribe', { notifySubscribe })).result).toBe(0);
  };
  const came: Notification[] = [];
  /** All notifications up to the first that is as wanted; a longer wait is a failure of the test. */
  const until = async (wanted: (each: Notification) => boolean): Promise<Notification[]> => {
    came.length = 0;
    while (!came.some(wanted)) came.push(...((await client.call('notifyGetItems', {})).pNotificationArray ?? []));
    return [...came];
  };
  return { client, store, inbox, a: await folder(), b: await folder(), folder, save, subscribe, until };
}

const subject = (value: string): Property[] => [{ tag: PR.SUBJECT, value }];

/** Until each of these subscriptions has notified: they read the feed one by one, in any order. */
function fromAll(...connections: number[]): (each: Notification) => boolean {
  const missing = new Set<number | undefined>(connections);
  return ({ ulConnection }) => missing.delete(ulConnection) && missing.size === 0;
}

const brief = (events: Notification[]) => events.map(({ ulEventType, obj }) => [ulEventType, obj?.ulObjType]);

describe('a client that subscribes to a store', () => {
  it('gets one notification of a saved message, as modified, and none of its folder', async () => {
    const { store, a, save, subscribe, until } = await watcher();
    const message = await save(a, [...subject('one'), { tag: PR.BODY, value: 'text' }]);
    await subscribe(store, EVENT.ALL);
    await save(a, [{ tag: PR.BODY, value: 'another text' }], message);
    const last = await save(a, subject('last'));
    const events = await until(({ obj }) => obj?.pEntryId?.equals(last) === true);
    expect(brief(events)).toEqual([
      [EVENT.MODIFIED, OBJECT.MESSAGE],
      [EVENT.CREATED, OBJECT.MESSAGE],
    ]);
    expect(events[0]?.obj).toMatchObject({ pEntryId: message, pParentId: a });
  });

  it('gets one notification of a move, with the former folder of the message', async () => {
    const { client, store, a, b, save, subscribe, until } = await watcher();
    const message = await save(a, subject('moved'));
    await subscribe(store, EVENT.ALL);
    await client.call('copyObjects', { aMessages: [message], sDestFolderId: b, ulFlags: 1 });
    const events = await until(({ ulEventType }) => ulEventType === EVENT.MOVED);
    expect(events.map(({ obj }) => obj)).toEqual([
      { pEntryId: message, ulObjType: OBJECT.MESSAGE, pParentId: b, pOldId: message, pOldParentId: a },
    ]);
  });

  it('is notified of a folder that is moved, and of one that is deleted', async () => {
    const { client, store, inbox, a, b, subscribe, until } = await watcher();
    await subscribe(store, EVENT.ALL);
    await client.call('copyFolder', { sEntryId: b, sDestFolderId: a, ulFlags: 1 });
    const moved = await until(({ ulEventType }) => ulEventType === EVENT.MOVED);
    expect(moved.map(({ obj }) => obj)).toEqual([
      { pEntryId: b, ulObjType: OBJECT.FOLDER, pParentId: a, pOldId: b, pOldParentId: inbox },
    ]);
    for (const [sEntryId, parent, ulFlags] of [
      [b, a, 5],
      [a, inbox, 21],
    ] as const) {
      await client.call('deleteFolder', { sEntryId, ulFlags });
      const events = await until(({ ulEventType }) => ulEventType === EVENT.DELETED);
      expect(events.map(({ obj }) => obj)).toEqual([
        { pEntryId: sEntryId, ulObjType: OBJECT.FOLDER, pParentId: parent },
      ]);
    }
  });

  it('is notified of the kinds of objects in its mask', async () => {
    const { store, a, folder, save, subscribe, until } = await watcher();
    await subscribe(store, EVENT.ALL | ABOUT.FOLDERS);
    await save(a, subject('not told'));
    const made = await folder();
    const events = await until(({ obj }) => obj?.pEntryId?.equals(made) === true);
    expect(brief(events)).toEqual([[EVENT.CREATED, OBJECT.FOLDER]]);
  });
});

describe('a client that subscribes to a folder', () => {
  it('is notified of its messages when the mask includes them, and of counts unless the mask excludes them', async () => {
    const { client, a, b, save, subscribe, until } = await watcher();
    await subscribe(a, EVENT.ALL | ABOUT.MESSAGES | ABOUT.NO_COUNTERS, 1);
    await subscribe(a, EVENT.ALL, 2);
    await subscribe(b, EVENT.ALL | ABOUT.MESSAGES | ABOUT.FOLDERS | ABOUT.NO_COUNTERS, 3);
    const message = await save(a, subject('one'));
    const made = await until(fromAll(1, 2));
    expect(made.map(({ ulConnection, ulEventType }) => [ulConnection, ulEventType]).sort()).toEqual([
      [1, EVENT.CREATED],
      [2, EVENT.MODIFIED],
    ]);
    await client.call('copyObjects', { aMessages: [message], sDestFolderId: b, ulFlags: 1 });
    const seen: Notification[] = [];
    while (seen.length < 3) seen.push(...(await until(() => true)));
    // The folder that a message has left hears of it too.
    expect(seen.map(({ ulConnection, ulEventType }) => [ulConnection, ulEventType]).sort()).toEqual([
      [1, EVENT.MOVED],
      [2, EVENT.MODIFIED],
      [3, EVENT.MOVED],
    ]);
  });
});

describe('a client that subscribes to a table', () => {
  const open = async ({ client, subscribe }: Awaited<ReturnType<typeof watcher>>, folder: Buffer, type: number) => {
    const { ulTableId = 0 } = await client.call('tableOpen', {
      sEntryId: folder,
      ulTableType: 1,
      ulType: type,
      ulFlags: 0,
    });
    const name = type === OBJECT.MESSAGE ? PR.SUBJECT : PR.DISPLAY_NAME;
    await client.call('tableSetColumns', { ulTableId, aPropTag: [PR.ENTRYID, name] });
    const key = Buffer.alloc(4);
    key.writeUInt32LE(ulTableId);
    return { ulTableId, watch: () => subscribe(key, EVENT.TABLE) };
  };
  const NULL = { tag: 1, value: 0 };

  for (const sorted of [false, true])
    it(`${sorted ? 'in the order of an index' : 'without an order'} is notified of added, changed and deleted rows, with the columns that it shows`, async () => {
      const all = await watcher();
      const { client, a, save, until } = all;
      const first = await save(a, subject('first'));
      const { ulTableId, watch } = await open(all, a, OBJECT.MESSAGE);
      const descending = { ulPropTag: PR.MESSAGE_DELIVERY_TIME, ulOrder: 1 };
      if (sorted)
        await client.call('tableSort', { ulTableId, aSortOrder: [descending], ulCategories: 0, ulExpanded: 0 });
      await watch();
      const second = await save(a, subject('second'));
      const key = (id: Buffer) => ({ tag: PR.INSTANCE_KEY, value: id.subarray(28, 44) });
      const [added] = await until(({ tab }) => tab?.ulTableEvent === ROW.ADDED);
      expect(added?.tab).toMatchObject({
        ulObjType: OBJECT.MESSAGE,
        propIndex: key(second),
        pRow: [
          { tag: PR.ENTRYID, value: second },
          { tag: PR.SUBJECT, value: 'second' },
        ],
      });
      await save(a, subject('changed'), first);
      const [modified] = await until(({ tab }) => tab?.ulTableEvent === ROW.MODIFIED);
      expect(modified?.tab).toMatchObject({ propIndex: key(first), pRow: [{ value: first }, { value: 'changed' }] });
      // The one of them that is not the first stands behind the other.
      const priors = [added?.tab?.propPrior, modified?.tab?.propPrior];
      expect(priors).toContainEqual(NULL);
      await client.call('deleteObjects', { ulFlags: 0, aMessages: [second] });
      const [deleted] = await until(({ tab }) => tab?.ulTableEvent === ROW.DELETED);
      expect(deleted?.tab).toMatchObject({ propIndex: key(second), propPrior: NULL });
      expect(deleted?.tab?.pRow).toBeUndefined();
    });

  it('of folders is notified of created and deleted folders', async () => {
    const all = await watcher();
    const { client, a, until } = all;
    const { watch } = await open(all, a, OBJECT.FOLDER);
    await watch();
    const made = await client.call('createFolder', { sParentId: a, ulType: 1, szName: 'inner', fOpenIfExists: false });
    const [added] = await until(({ tab }) => tab?.ulTableEvent === ROW.ADDED);
    expect(added?.tab).toMatchObject({
      ulObjType: OBJECT.FOLDER,
      propPrior: NULL,
      pRow: [{ value: made.sEntryId }, { value: 'inner' }],
    });
    await client.call('deleteFolder', { sEntryId: made.sEntryId as Buffer, ulFlags: 5 });
    const [deleted] = await until(({ tab }) => tab?.ulTableEvent === ROW.DELETED);
    expect(deleted?.tab?.propIndex).toEqual(added?.tab?.propIndex);
  });

  it('gets one notification of the whole table for many changes at once', async () => {
    const all = await watcher();
    const { client, a, b, save, until } = all;
    const messages: Buffer[] = [];
    for (let i = 0; i < 12; i++) messages.push(await save(a, subject(`${i}`)));
    const { watch } = await open(all, b, OBJECT.MESSAGE);
    await watch();
    await client.call('copyObjects', { aMessages: messages, sDestFolderId: b, ulFlags: 0 });
    const [changed] = await until(() => true);
    expect(changed?.tab).toMatchObject({ ulTableEvent: 1, propIndex: NULL, propPrior: NULL });
  });
});
