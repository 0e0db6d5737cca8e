import { describe, expect, it } from 'vitest';
import { eventsOf, isWanted, type ObjectEvent, wireEvent } from '../../../services/store-server/object-events.ts';
import { FNEV, FNEV_ABOUT } from '../../../shared/mapi/notification-events.ts';
import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { CHANGE, type Change } from '../../../shared/store/engine/changes.ts';
import type { FolderId, MessageId } from '../../../shared/store/engine/ids.ts';
import { folderEntryId, messageEntryId } from '../../../shared/store/folders/entry-ids.ts';
import type { Folder } from '../../../shared/store/folders/folder.ts';
import type { MapiStore } from '../../../shared/store/stores/stores.ts';

const store = { guid: Buffer.alloc(16, 9) } as MapiStore;

const folder = (id: number, parent: number | null, deletedAt = 0): Folder =>
  ({ id, parent, guid: Buffer.alloc(16, id), deletedAt }) as unknown as Folder;
const [TOP, INBOX, WORK, GONE] = [1, 2, 3, 4] as FolderId[] as [FolderId, FolderId, FolderId, FolderId];
const folders = new Map(
  [folder(TOP, null), folder(INBOX, TOP), folder(WORK, TOP), folder(GONE, TOP, 1_000)].map((each) => [each.id, each]),
);

const idOf = (id: FolderId): Buffer => folderEntryId(store, { guid: Buffer.alloc(16, id) });
const message = Buffer.alloc(16, 0x77) as MessageId;
const other = Buffer.alloc(16, 0x78) as MessageId;

let seq = 0;
const change = (kind: Change['kind'], where: FolderId, about: MessageId | null = null): Change => ({
  seq: ++seq,
  kind,
  folder: where,
  uid: null,
  message: about,
  syncId: 0,
});
const events = (entries: Change[], parents: [FolderId, FolderId | null][] = []) =>
  eventsOf(store, entries, folders, new Map(parents));
/** The events, without those of the folders' counts. */
const happened = (entries: Change[]) => events(entries).filter(({ counter }) => !counter);
/** The folders whose counts have changed. */
const counted = (entries: Change[]) => events(entries).flatMap((event) => (event.counter ? [event.folder] : []));

describe('a change of a message', () => {
  it.each([
    ['a new message is created in its folder', CHANGE.MESSAGE_NEW, FNEV.OBJECT_CREATED],
    ['a message that is gone is deleted there', CHANGE.MESSAGE_GONE, FNEV.OBJECT_DELETED],
    ['other flags modify it', CHANGE.MESSAGE_CHANGED, FNEV.OBJECT_MODIFIED],
    ['so does another content', CHANGE.MESSAGE_EDITED, FNEV.OBJECT_MODIFIED],
  ])('%s', (_, kind, expected) => {
    expect(happened([change(kind, INBOX, message)])).toMatchObject([
      { kind: expected, type: OBJECT.MESSAGE, id: messageEntryId(store, message), parent: idOf(INBOX), folder: INBOX },
    ]);
  });

  it('from one folder to another is a move, which tells of both', () => {
    const [event, ...rest] = happened([
      change(CHANGE.MESSAGE_GONE, INBOX, message),
      change(CHANGE.MESSAGE_NEW, WORK, message),
    ]);
    expect(event).toMatchObject({ kind: FNEV.OBJECT_MOVED, parent: idOf(WORK), oldParent: idOf(INBOX) });
    expect(event).toMatchObject({ folder: WORK, oldFolder: INBOX });
    expect(rest).toEqual([]);
  });

  it('that takes its old version out first is one modification', () => {
    const saved = [change(CHANGE.MESSAGE_GONE, INBOX, message), change(CHANGE.MESSAGE_EDITED, INBOX, message)];
    expect(happened(saved).map(({ kind }) => kind)).toEqual([FNEV.OBJECT_MODIFIED]);
  });

  it('is no move where another message has come', () => {
    const two = [change(CHANGE.MESSAGE_GONE, INBOX, message), change(CHANGE.MESSAGE_NEW, WORK, other)];
    expect(happened(two).map(({ kind }) => kind)).toEqual([FNEV.OBJECT_DELETED, FNEV.OBJECT_CREATED]);
  });

  it('changes the counts of its folder once, however many messages come', () => {
    expect(counted([change(CHANGE.MESSAGE_NEW, INBOX, message), change(CHANGE.MESSAGE_NEW, INBOX, other)])).toEqual([
      INBOX,
    ]);
    expect(counted([change(CHANGE.MESSAGE_GONE, INBOX, message), change(CHANGE.MESSAGE_NEW, WORK, message)])).toEqual([
      INBOX,
      WORK,
    ]);
    expect(counted([change(CHANGE.MESSAGE_EDITED, INBOX, message)])).toEqual([]);
  });

  it('changes no counts of a folder that is deleted', () => {
    expect(counted([change(CHANGE.MESSAGE_GONE, GONE, message)])).toEqual([]);
  });

  it('in a folder that has been purged is notified without its folder', () => {
    const purged = 99 as FolderId;
    expect(happened([change(CHANGE.MESSAGE_GONE, purged, message)])).toMatchObject([
      { kind: FNEV.OBJECT_DELETED, parent: undefined },
    ]);
  });
});

describe('a change of a folder', () => {
  it('that is new or deleted is notified with its parent, whose counts change', () => {
    for (const [kind, id, expected] of [
      [CHANGE.FOLDER_NEW, WORK, FNEV.OBJECT_CREATED],
      [CHANGE.FOLDER_GONE, GONE, FNEV.OBJECT_DELETED],
    ] as const) {
      expect(happened([change(kind, id)])).toMatchObject([{ kind: expected, id: idOf(id), parent: idOf(TOP) }]);
      expect(counted([change(kind, id)])).toEqual([TOP]);
    }
  });

  it('that stays where it is modifies it, and no counts', () => {
    const renamed = events([change(CHANGE.FOLDER_CHANGED, WORK)], [[WORK, TOP]]);
    expect(renamed).toMatchObject([{ kind: FNEV.OBJECT_MODIFIED, parent: undefined, oldParent: undefined }]);
  });

  it('that had another parent before is a move', () => {
    const [moved] = events([change(CHANGE.FOLDER_CHANGED, WORK)], [[WORK, INBOX]]);
    expect(moved).toMatchObject({ kind: FNEV.OBJECT_MOVED, parent: idOf(TOP), oldParent: idOf(INBOX) });
  });

  it('that has been purged is not notified', () => {
    expect(events([change(CHANGE.FOLDER_GONE, 99 as FolderId)])).toEqual([]);
  });
});

describe('what a client watches', () => {
  const [inInbox] = happened([change(CHANGE.MESSAGE_NEW, INBOX, message)]) as [ObjectEvent];
  const [moved] = happened([
    change(CHANGE.MESSAGE_GONE, INBOX, message),
    change(CHANGE.MESSAGE_NEW, WORK, message),
  ]) as [ObjectEvent];
  const count = events([change(CHANGE.MESSAGE_NEW, INBOX, message)]).find(({ counter }) => counter) as ObjectEvent;
  const ALL = FNEV.OBJECT_CREATED | FNEV.OBJECT_DELETED | FNEV.OBJECT_MODIFIED | FNEV.OBJECT_MOVED;
  const { OBJTYPE_MESSAGE, OBJTYPE_FOLDER, IGNORE_COUNTERS } = FNEV_ABOUT;

  it.each([
    ['a store tells of a message in it', { store: true }, ALL, inInbox, true],
    ['but not of what was not asked for', { store: true }, FNEV.OBJECT_DELETED, inInbox, false],
    ['nor of folders where messages were asked for', { store: true }, ALL | OBJTYPE_FOLDER, inInbox, false],
    ['and of counts of its folders not a second time', { store: true }, ALL, count, false],
    ['a message tells of itself', { id: messageEntryId(store, message) }, ALL, inInbox, true],
    ['and of no other', { id: messageEntryId(store, other) }, ALL, inInbox, false],
    ['a folder tells of its counts', { id: idOf(INBOX) }, ALL, count, true],
    ['unless the client ignores them', { id: idOf(INBOX) }, ALL | IGNORE_COUNTERS, count, false],
    ['a folder tells of messages where they were asked for', { id: idOf(INBOX) }, ALL | OBJTYPE_MESSAGE, inInbox, true],
    ['and not otherwise', { id: idOf(INBOX) }, ALL, inInbox, false],
    ['a folder tells of a message that was moved out of it', { id: idOf(INBOX) }, ALL | OBJTYPE_MESSAGE, moved, true],
    ['and of one that was moved into it', { id: idOf(WORK) }, ALL | OBJTYPE_MESSAGE, moved, true],
    ['a folder without a part in it tells nothing', { id: idOf(TOP) }, ALL | OBJTYPE_MESSAGE, moved, false],
  ] as const)('%s', (_, watched, mask, event, expected) => {
    expect(isWanted(watched, mask, event)).toBe(expected);
  });

  it('names the old place of what was moved, and of nothing else', () => {
    const id = messageEntryId(store, message);
    expect(wireEvent(moved)).toEqual({
      pEntryId: id,
      ulObjType: OBJECT.MESSAGE,
      pParentId: idOf(WORK),
      pOldId: id,
      pOldParentId: idOf(INBOX),
    });
    expect(wireEvent(inInbox)).toEqual({ pEntryId: id, ulObjType: OBJECT.MESSAGE, pParentId: idOf(INBOX) });
  });
});
