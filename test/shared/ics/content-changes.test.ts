import { beforeEach, describe, expect, it, vi } from 'vitest';
import { allContents, contentChanges, type SyncedFolder } from '../../../shared/ics/content-changes.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import { ICS, SYNC } from '../../../shared/mapi/sync-flags.ts';
import { CHANGE, type Change } from '../../../shared/store/engine/changes.ts';
import type { StoreContext } from '../../../shared/store/engine/context.ts';
import { folderSourceKey, messageSourceKey } from '../../../shared/store/folders/change-keys.ts';
import type { Folder } from '../../../shared/store/folders/folder.ts';
import { FLAG } from '../../../shared/store/messages/flags.ts';
import { VIEW } from '../../../shared/store/messages/message-facts.ts';
import type { MapiStore } from '../../../shared/store/stores/stores.ts';

/** A message of the store; `subject` is what restrictions see. */
interface Message {
  id: Buffer;
  view: number;
  flags: number;
  modseq: number;
  contentSeq: number;
  sourceKey: Buffer | null;
  subject: string;
  /** Whether it is in the folder that is synchronised. */
  here: boolean;
}

/** The store without a database: its messages, and the batches in which its changes are read. */
const state = vi.hoisted(() => ({ messages: [] as Message[], batches: [] as object[][], asked: [] as number[] }));
vi.mock('../../../shared/store/engine/changes.ts', async (original) => ({
  ...(await original<object>()),
  messageChangesAfter: async function* (_db: unknown, _store: unknown, _folder: unknown, after: number) {
    for (const batch of state.batches as Change[][]) yield batch.filter(({ seq }) => seq > after);
  },
}));
vi.mock('../../../shared/store/tables/open-rows.ts', () => ({
  messageRows: async (
    _db: unknown,
    _store: unknown,
    _folders: unknown,
    where: { ids: Buffer[]; views: number[] } | { view: number },
  ) => {
    if ('ids' in where) state.asked.push(where.ids.length);
    return state.messages
      .filter(({ here }) => here)
      .filter(({ id, view }) =>
        'ids' in where ? where.views.includes(view) && where.ids.some((each) => each.equals(id)) : view === where.view,
      )
      .map((facts) => ({ facts, get: (tag: number) => (tag === PR.SUBJECT ? facts.subject : undefined) }));
  },
  openRows: async () => {},
}));
vi.mock('../../../shared/store/messages/message-facts.ts', async (original) => ({
  ...(await original<object>()),
  messagesByIds: async (_db: unknown, _store: unknown, ids: Buffer[]) =>
    state.messages.filter(({ id }) => ids.some((each) => each.equals(id))),
}));

const context = { db: undefined } as unknown as StoreContext;
const folder = { id: 5, guid: Buffer.alloc(16, 5), sourceKey: null } as unknown as Folder;
const synced = (flags = 0, restriction?: SyncedFolder['restriction']): SyncedFolder => ({
  store: { tenant: 1, store: 7 } as unknown as MapiStore,
  folder,
  rights: 0,
  flags,
  restriction,
});

const message = (n: number, more: Partial<Message> = {}): Message => ({
  id: Buffer.alloc(16, n),
  view: VIEW.LIVE,
  flags: 0,
  modseq: n,
  contentSeq: 0,
  sourceKey: null,
  subject: `message ${n}`,
  here: true,
  ...more,
});
const keyOf = (n: number): Buffer => messageSourceKey({ id: Buffer.alloc(16, n), sourceKey: null });
const change = (seq: number, kind: Change['kind'], n: number, syncId = 0) => ({
  seq,
  kind,
  message: Buffer.alloc(16, n),
  syncId,
});

const NAMES = new Map<number, string>(Object.entries(ICS).map(([name, type]) => [type, name]));
/** Which change it is, and of which message: as a line that can be read. */
async function told(flags = 0, { after = 0, syncId = 0 } = {}, restriction?: SyncedFolder['restriction']) {
  const changes = await contentChanges(context, synced(flags, restriction), { after, syncId });
  return changes.map(({ changeId, type, sourceKey }) => {
    const n = state.messages.findIndex((each) => messageSourceKey(each).equals(sourceKey));
    return `${changeId} ${NAMES.get(type)} ${n >= 0 ? state.messages[n]?.subject : 'unknown message'}`;
  });
}

beforeEach(() => Object.assign(state, { messages: [], batches: [], asked: [] }));

describe('a client that synchronises messages for the first time', () => {
  it('gets all messages, the newest first', async () => {
    state.messages = [message(1), message(2, { contentSeq: 9 }), message(3), message(4, { here: false })];
    const changes = await allContents(context, synced());
    expect(changes.map(({ changeId }) => changeId)).toEqual([9, 3, 1]);
    expect(changes[0]).toEqual({
      changeId: 9,
      sourceKey: keyOf(2),
      parentSourceKey: folderSourceKey(folder),
      type: ICS.MESSAGE_NEW,
      flags: 0,
    });
  });

  it('gets the kinds of messages that it asks for: normal ones by default', async () => {
    state.messages = [message(1), message(2, { view: VIEW.ASSOCIATED }), message(3, { view: VIEW.DELETED })];
    const shown = async (flags: number) => (await allContents(context, synced(flags))).map(({ changeId }) => changeId);
    expect(await shown(0)).toEqual([1]);
    expect(await shown(SYNC.NORMAL)).toEqual([1]);
    expect(await shown(SYNC.ASSOCIATED)).toEqual([2]);
    expect(await shown(SYNC.ASSOCIATED | SYNC.NORMAL)).toEqual([2, 1]);
  });

  it('gets the messages that match its restriction', async () => {
    state.messages = [message(1), message(2, { subject: 'other' })];
    const property = { tag: PR.SUBJECT, value: 'other' };
    const restriction = { type: 'property', relation: 'equal', tag: PR.SUBJECT, property } as const;
    expect((await allContents(context, synced(0, restriction))).map(({ changeId }) => changeId)).toEqual([2]);
  });

  it('gets the source key that a client gave a message', async () => {
    const sourceKey = Buffer.alloc(22, 0xee);
    state.messages = [message(1, { sourceKey })];
    expect(await allContents(context, synced())).toMatchObject([{ sourceKey }]);
  });
});

describe('a client that has synchronised before', () => {
  it('gets later changes, the oldest first', async () => {
    state.messages = [message(1), message(2), message(3)];
    state.batches = [
      [change(10, CHANGE.MESSAGE_NEW, 1), change(11, CHANGE.MESSAGE_NEW, 3), change(12, CHANGE.MESSAGE_EDITED, 2)],
    ];
    expect(await told(0, { after: 10 })).toEqual(['11 MESSAGE_NEW message 3', '12 MESSAGE_CHANGE message 2']);
  });

  it('gets a message that has changed often once, with its latest change, also across batches', async () => {
    state.messages = [message(1), message(2)];
    state.batches = [
      [change(10, CHANGE.MESSAGE_EDITED, 1), change(11, CHANGE.MESSAGE_EDITED, 2)],
      [],
      [change(12, CHANGE.MESSAGE_EDITED, 1)],
    ];
    expect(await told()).toEqual(['11 MESSAGE_CHANGE message 2', '12 MESSAGE_CHANGE message 1']);
  });

  it('gets flags when it asks for them, unless it gets the whole message', async () => {
    state.messages = [message(1, { flags: FLAG.SEEN }), message(2), message(3)];
    state.batches = [
      [change(10, CHANGE.MESSAGE_CHANGED, 1)],
      [change(11, CHANGE.MESSAGE_NEW, 2), change(12, CHANGE.MESSAGE_CHANGED, 2)],
      [change(13, CHANGE.MESSAGE_CHANGED, 3)],
    ];
    expect(await told()).toEqual(['11 MESSAGE_NEW message 2']);
    expect(await told(SYNC.READ_STATE)).toEqual([
      '10 MESSAGE_FLAG message 1',
      '11 MESSAGE_NEW message 2',
      '13 MESSAGE_FLAG message 3',
    ]);
    const changes = await contentChanges(context, synced(SYNC.READ_STATE), { after: 0, syncId: 0 });
    expect(changes.map(({ flags }) => flags)).toEqual([FLAG.SEEN, 0, 0]);
  });

  it('gets soft and hard deletions apart, unless it excludes them', async () => {
    state.messages = [
      message(1, { view: VIEW.DELETED, subject: 'soft-deleted' }),
      message(2, { here: false, subject: 'moved' }),
    ];
    state.batches = [[1, 2, 3].map((n) => change(9 + n, CHANGE.MESSAGE_GONE, n))];
    const soft = ['10 MESSAGE_SOFT_DELETE soft-deleted', '11 MESSAGE_SOFT_DELETE moved'];
    const hard = '12 MESSAGE_HARD_DELETE unknown message';
    expect(await told()).toEqual([...soft, hard]);
    expect(await told(SYNC.NO_SOFT_DELETIONS)).toEqual([hard]);
    expect(await told(SYNC.NO_DELETIONS)).toEqual([]);
  });

  it('gets the deletion of a message that no longer matches its restriction', async () => {
    state.messages = [message(1)];
    state.batches = [[change(10, CHANGE.MESSAGE_EDITED, 1)]];
    const restriction = { type: 'exist', tag: PR.IMPORTANCE } as const;
    expect(await told(0, {}, restriction)).toEqual(['10 MESSAGE_SOFT_DELETE message 1']);
  });

  it('does not get the changes of its own synchronisation, but gets those of others to the same message', async () => {
    state.messages = [message(1), message(2)];
    state.batches = [
      [
        change(10, CHANGE.MESSAGE_NEW, 1, 5),
        change(11, CHANGE.MESSAGE_NEW, 2, 5),
        change(12, CHANGE.MESSAGE_EDITED, 2, 6),
      ],
    ];
    expect(await told(0, { syncId: 5 })).toEqual(['12 MESSAGE_CHANGE message 2']);
    expect(await told()).toHaveLength(3);
  });

  it('gets associated messages only when it asks for them', async () => {
    state.messages = [message(1), message(2, { view: VIEW.ASSOCIATED })];
    state.batches = [[change(10, CHANGE.MESSAGE_NEW, 1), change(11, CHANGE.MESSAGE_NEW, 2)]];
    expect(await told(SYNC.ASSOCIATED | SYNC.NO_SOFT_DELETIONS)).toEqual(['11 MESSAGE_NEW message 2']);
  });

  it('costs a look at 500 messages at a time, however many have changed', async () => {
    const id = (n: number): Buffer => {
      const bytes = Buffer.alloc(16);
      bytes.writeUInt32BE(n);
      return bytes;
    };
    const ids = Array.from({ length: 1_200 }, (_, i) => id(i));
    state.batches = [ids.map((each, i) => ({ seq: i + 1, kind: CHANGE.MESSAGE_GONE, message: each, syncId: 0 }))];
    expect(await told()).toHaveLength(1_200);
    expect(state.asked).toEqual([500, 500, 200]);
  });
});
