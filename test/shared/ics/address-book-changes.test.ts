import { beforeEach, describe, expect, it, vi } from 'vitest';
import { addressBookEntryId } from '../../../shared/address-book/address-book-ids.ts';
import { GLOBAL_ADDRESS_BOOK } from '../../../shared/address-book/containers.ts';
import type { Database } from '../../../shared/database/database.ts';
import { AB_CHANGE } from '../../../shared/directory/entries/address-book-changes.ts';
import type { DirectoryEntryId } from '../../../shared/directory/entries/entries.ts';
import { directoryEntryId } from '../../../shared/directory/entries/entries.ts';
import { addressBookIcsChanges } from '../../../shared/ics/address-book-changes.ts';
import { ICS } from '../../../shared/mapi/sync-flags.ts';
import type { TenantId } from '../../../shared/store/engine/ids.ts';

interface Entry {
  kind: 'user' | 'group';
  id: number;
  guid: Buffer;
  hidden: boolean;
}

/** The directory without a database. */
const state = vi.hoisted(() => ({
  entries: [] as Entry[],
  changes: [] as (Entry & { seq: number })[],
  scopes: [] as unknown[],
}));
vi.mock('../../../shared/directory/entries/address-book-changes.ts', async (original) => ({
  ...(await original<object>()),
  listAddressBookChanges: async (_db: unknown, scope: unknown, after: number) => {
    state.scopes.push(scope);
    return state.changes.filter(({ seq }) => seq > after);
  },
  lastAddressBookChange: async () => Math.max(0, ...state.changes.map(({ seq }) => seq)),
}));
vi.mock('../../../shared/directory/entries/entries.ts', async (original) => {
  const list = (kind: string) => async (_db: unknown, scope: unknown, ids?: number[]) => {
    state.scopes.push(scope);
    return state.entries.filter((entry) => entry.kind === kind && (ids === undefined || ids.includes(entry.id)));
  };
  return {
    ...(await original<object>()),
    listUsersOf: list('user'),
    listGroupsOf: list('group'),
    usersByIds: list('user'),
    groupsByIds: list('group'),
  };
});

const entry = (kind: Entry['kind'], id: number, hidden = false): Entry => ({
  kind,
  id,
  guid: Buffer.alloc(16, id),
  hidden,
});
const change = (seq: number, kind: Entry['kind'], id: number, how: number) => ({
  ...entry(kind, id),
  seq,
  change: how,
});
const entryId = ({ kind, id, guid }: Entry): Buffer =>
  addressBookEntryId({ ...(directoryEntryId(kind, id) as DirectoryEntryId), guid });

const NAMES = new Map<number, string>(Object.entries(ICS).map(([name, type]) => [type, name]));
const scope = [1 as TenantId];
const since = (after: number) => addressBookIcsChanges(undefined as unknown as Database, { scope }, after);
/** The changes as lines that can be read. */
async function told(after: number) {
  const { changes } = await since(after);
  return changes.map(({ changeId, type, sourceKey }) => {
    const known = [...state.entries, ...state.changes].find((each) => entryId(each).equals(sourceKey));
    return `${changeId} ${NAMES.get(type)} ${known?.kind} ${known?.id}`;
  });
}

beforeEach(() => Object.assign(state, { entries: [], changes: [], scopes: [] }));

describe('a client that copies the address book', () => {
  it('gets all entries at first but hidden ones, and where to go on', async () => {
    state.entries = [entry('user', 1), entry('group', 1), entry('user', 2, true)];
    state.changes = [change(7, 'user', 1, AB_CHANGE.CHANGED)];
    expect(await told(0)).toEqual(['7 AB_NEW user 1', '7 AB_NEW group 1']);
    const { changes, last } = await since(0);
    expect(last).toBe(7);
    expect(changes[0]).toMatchObject({ parentSourceKey: GLOBAL_ADDRESS_BOOK, flags: 0 });
  });

  it('goes on with change 1 where nothing has changed yet, so that it does not begin anew each time', async () => {
    state.entries = [entry('user', 1)];
    const { changes, last } = await since(0);
    expect([changes[0]?.changeId, last]).toEqual([1, 1]);
    expect(await since(1)).toEqual({ changes: [], last: 1 });
  });

  it('gets new, changed and deleted entries later, in the order of the changes', async () => {
    state.entries = [entry('user', 1), entry('user', 2), entry('group', 3)];
    state.changes = [
      change(5, 'user', 1, AB_CHANGE.CHANGED),
      change(6, 'group', 3, AB_CHANGE.CHANGED),
      change(7, 'user', 4, AB_CHANGE.GONE),
      change(8, 'user', 2, AB_CHANGE.NEW),
    ];
    expect(await told(5)).toEqual(['6 AB_CHANGE group 3', '7 AB_DELETE user 4', '8 AB_NEW user 2']);
    expect((await since(5)).last).toBe(8);
  });

  it('gets an entry once, with its last change: a new entry that was changed again is new', async () => {
    state.entries = [entry('user', 1), entry('user', 2)];
    state.changes = [
      change(5, 'user', 1, AB_CHANGE.NEW),
      change(6, 'user', 2, AB_CHANGE.CHANGED),
      change(7, 'user', 1, AB_CHANGE.CHANGED),
    ];
    expect(await told(4)).toEqual(['6 AB_CHANGE user 2', '7 AB_NEW user 1']);
  });

  it('does not get an entry that was created and deleted since', async () => {
    state.changes = [change(5, 'user', 1, AB_CHANGE.NEW), change(6, 'user', 1, AB_CHANGE.GONE)];
    expect(await told(4)).toEqual([]);
    expect((await since(4)).last).toBe(6);
  });

  it('gets the deletion of an entry that was hidden, and nothing of one that was always hidden', async () => {
    state.entries = [entry('user', 1, true), entry('user', 2, true)];
    state.changes = [change(5, 'user', 1, AB_CHANGE.CHANGED), change(6, 'user', 2, AB_CHANGE.NEW)];
    expect(await told(4)).toEqual(['5 AB_DELETE user 1']);
  });

  it('tells a user from a group with the same id', async () => {
    state.entries = [entry('user', 1)];
    state.changes = [change(5, 'group', 1, AB_CHANGE.GONE), change(6, 'user', 1, AB_CHANGE.CHANGED)];
    expect(await told(4)).toEqual(['5 AB_DELETE group 1', '6 AB_CHANGE user 1']);
  });

  it('sees the tenants that it may see, and no others', async () => {
    state.changes = [change(5, 'user', 1, AB_CHANGE.NEW)];
    await since(0);
    await since(4);
    expect(new Set(state.scopes)).toEqual(new Set([scope]));
  });

  it('stays where it is when its number is ahead of the changes that it may see', async () => {
    state.changes = [change(5, 'user', 1, AB_CHANGE.NEW)];
    expect(await since(9)).toEqual({ changes: [], last: 9 });
  });
});
