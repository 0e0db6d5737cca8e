import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Call } from '../../../services/store-server/operations/operation.ts';
import { SessionGroup } from '../../../services/store-server/session.ts';
import { subscribeToNotifications } from '../../../services/store-server/subscriptions.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { FNEV, FNEV_ABOUT } from '../../../shared/mapi/notification-events.ts';
import { CHANGE, type Change } from '../../../shared/store/engine/changes.ts';
import type { FolderId, MessageId } from '../../../shared/store/engine/ids.ts';
import { folderEntryId } from '../../../shared/store/folders/entry-ids.ts';
import type { Folder } from '../../../shared/store/folders/folder.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import { FLAG } from '../../../shared/store/messages/flags.ts';
import type { MapiStore } from '../../../shared/store/stores/stores.ts';

const store = { tenant: 1, store: 7, guid: Buffer.alloc(16, 9), changeSeq: 0 } as unknown as MapiStore;
const folder = (id: number, role: string | null): Folder =>
  ({ id, parent: null, role, guid: Buffer.alloc(16, id), deletedAt: 0 }) as unknown as Folder;
const [INBOX, SECRET] = [2, 3] as FolderId[] as [FolderId, FolderId];
const folders = [folder(INBOX, 'inbox'), folder(SECRET, null)];
const message = Buffer.alloc(16, 0x77) as MessageId;

/** What the store tells, and what the caller may read: the test changes it. */
const state = vi.hoisted(() => ({
  follow: undefined as undefined | ((entries: Change[]) => Promise<void>),
  stopped: 0,
  readable: new Set<number>(),
  classes: [] as object[],
  rights: 0,
}));
vi.mock('../../../shared/access/locate.ts', () => ({
  locate: async (_context: unknown, _caller: unknown, key: Buffer) =>
    key.length === 1 ? { kind: 'store', store } : { kind: 'folder', store, rights: state.rights },
}));
vi.mock('../../../shared/access/store-rights.ts', async (original) => ({
  ...(await original<object>()),
  mayInEach: async () => (id: number) => state.readable.has(id),
}));
vi.mock('../../../shared/ics/follow-changes.ts', () => ({
  followChanges: (_context: unknown, _store: unknown, look: (entries: Change[]) => Promise<void>) => {
    state.follow = look;
    return () => void state.stopped++;
  },
}));
vi.mock('../../../shared/store/folders/folder.ts', async (original) => ({
  ...(await original<object>()),
  listFolders: async () => folders,
  foldersByIds: async () => [],
}));
vi.mock('../../../shared/store/messages/message-facts.ts', async (original) => ({
  ...(await original<object>()),
  messageClasses: async () => state.classes,
}));

let group: SessionGroup;
let call: Call;
beforeEach(() => {
  Object.assign(state, { follow: undefined, stopped: 0, readable: new Set([INBOX]), classes: [], rights: RIGHT.READ });
  group = new SessionGroup();
  call = { context: { store: { db: undefined } }, session: { group, caller: {}, ended: false } } as unknown as Call;
});

const STORE = Buffer.of(1);
const OBJECTS = FNEV.OBJECT_CREATED | FNEV.OBJECT_DELETED | FNEV.OBJECT_MODIFIED | FNEV.OBJECT_MOVED;
const listen = (connection: number, sKey: Buffer, ulEventMask: number) =>
  subscribeToNotifications(call, { ulConnection: connection, sKey, ulEventMask });
const change = (kind: Change['kind'], where: FolderId): Change => ({
  seq: 1,
  kind,
  folder: where,
  uid: null,
  message,
  syncId: 0,
});
/** The notifications that the client gets for these events. */
async function told(...entries: Change[]) {
  await state.follow?.(entries);
  group.notify({ ulConnection: 0, ulEventType: 0 });
  const found = await group.take(call.session, new AbortController().signal);
  return found.filter(({ ulConnection }) => ulConnection !== 0);
}

describe('a client that listens to a store', () => {
  it('gets the events of folders that it may read, and none of others', async () => {
    await listen(4, STORE, OBJECTS);
    const found = await told(change(CHANGE.MESSAGE_NEW, INBOX), change(CHANGE.MESSAGE_CHANGED, SECRET));
    expect(found.map(({ ulConnection, ulEventType }) => [ulConnection, ulEventType])).toEqual([
      [4, FNEV.OBJECT_CREATED],
    ]);
  });

  it('gets no events of a folder after the right to read it was revoked', async () => {
    await listen(4, STORE, OBJECTS);
    state.readable.clear();
    expect(await told(change(CHANGE.MESSAGE_NEW, INBOX))).toEqual([]);
  });

  it.each([
    ['out of what it may read is a deletion', INBOX, SECRET, FNEV.OBJECT_DELETED],
    ['into it is a creation', SECRET, INBOX, FNEV.OBJECT_CREATED],
  ])('learns no place that it may not read: a move %s', async (_, from, to, expected) => {
    await listen(4, STORE, OBJECTS);
    const [event, ...rest] = await told(change(CHANGE.MESSAGE_GONE, from), change(CHANGE.MESSAGE_NEW, to));
    expect(event).toMatchObject({ ulEventType: expected });
    expect(event?.obj?.pParentId).toEqual(folderEntryId(store, folders[0] as Folder));
    expect(event?.obj).not.toHaveProperty('pOldParentId');
    expect(rest).toEqual([]);
  });

  it('gets new mail with its class and flags, unless the message has been deleted', async () => {
    await listen(4, STORE, FNEV.NEW_MAIL | FNEV.OBJECT_DELETED);
    const row = { id: message, messageClass: 'IPM.Note', flags: FLAG.SEEN, hasAttachments: true };
    state.classes = [row];
    expect(await told(change(CHANGE.MESSAGE_NEW, INBOX))).toMatchObject([
      { ulEventType: FNEV.NEW_MAIL, newmail: { lpszMessageClass: 'IPM.Note', ulMessageFlags: 0x11 } },
    ]);
    state.classes = [];
    expect(await told(change(CHANGE.MESSAGE_NEW, INBOX))).toEqual([]);
  });
});

describe('a client that listens to a folder', () => {
  const key = folderEntryId(store, folders[0] as Folder);

  it('is refused without the right to read it', async () => {
    state.rights = RIGHT.CREATE;
    await expect(listen(4, key, OBJECTS)).rejects.toBeInstanceOf(PamojaError);
    expect(group.subscriptions.size).toBe(0);
  });

  it('gets the events of its messages', async () => {
    await listen(4, key, OBJECTS | FNEV_ABOUT.OBJTYPE_MESSAGE);
    expect(await told(change(CHANGE.MESSAGE_NEW, INBOX))).toMatchObject([{ ulEventType: FNEV.OBJECT_CREATED }]);
  });

  it('and asks for no event that it has costs no look at the changes', async () => {
    await listen(4, key, FNEV.SEARCH_COMPLETE);
    expect(state.follow).toBeUndefined();
    expect(group.subscriptions.size).toBe(1);
  });
});

describe('the subscriptions of a client', () => {
  it('are 500 at most, until it gives some up', async () => {
    for (let i = 1; i <= 500; i++) await listen(i, STORE, OBJECTS);
    await expect(listen(501, STORE, OBJECTS)).rejects.toMatchObject({ code: 'NOT_ENOUGH_MEMORY' });
    group.unsubscribe(7);
    await listen(501, STORE, OBJECTS);
    expect(group.subscriptions.size).toBe(500);
  });

  it('have one for each connection: a new one takes the place of the old, which is followed no longer', async () => {
    await listen(4, STORE, OBJECTS);
    await listen(4, STORE, FNEV.NEW_MAIL);
    expect([group.subscriptions.size, state.stopped]).toEqual([1, 1]);
  });
});
