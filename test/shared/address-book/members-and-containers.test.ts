import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Caller } from '../../../shared/access/caller.ts';
import { addressBookEntryId, addressBookId, EVERYONE_ENTRY_ID } from '../../../shared/address-book/address-book-ids.ts';
import {
  containerProperties,
  containersBelow,
  entriesIn,
  GLOBAL_ADDRESS_BOOK,
  requireHasEntries,
} from '../../../shared/address-book/containers.ts';
import { findEntry } from '../../../shared/address-book/find-entry.ts';
import { groupMembers } from '../../../shared/address-book/group-members.ts';
import type { Database } from '../../../shared/database/database.ts';
import type { DirectoryEntry } from '../../../shared/directory/entries/entries.ts';
import { encodeAddressBookId } from '../../../shared/mapi/entry-id.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import type { StoreContext } from '../../../shared/store/engine/context.ts';
import type { TenantId } from '../../../shared/store/engine/ids.ts';

const entryOf = (kind: DirectoryEntry['kind'], id: number, tenant: number, hidden = false): DirectoryEntry =>
  ({
    kind,
    id,
    tenant,
    hidden,
    guid: Buffer.alloc(16, 16 * tenant + id),
    name: `${kind} ${id}`,
    fullName: '',
  }) as unknown as DirectoryEntry;

const [anna, bert, boss, hiddenUser] = [
  entryOf('user', 1, 1),
  entryOf('user', 2, 1),
  entryOf('user', 3, 2),
  entryOf('user', 4, 1, true),
];
const [team, all] = [entryOf('group', 1, 1), entryOf('group', 2, 1)];
const [alpha, beta] = [entryOf('company', 1, 1), entryOf('company', 2, 2)];
const DIRECTORY = [anna, bert, boss, hiddenUser, team, all, alpha, beta];

vi.mock('../../../shared/directory/entries/entries.ts', async (original) => {
  const inScope = (kind: string, scope: number[] | 'all') =>
    DIRECTORY.filter((entry) => entry.kind === kind && (scope === 'all' || scope.includes(entry.tenant)));
  const list = (kind: string) => async (_db: unknown, scope: number[] | 'all') => inScope(kind, scope);
  const find = (kind: string) => async (_db: unknown, scope: number[] | 'all', key: { id: number }) => {
    const found = inScope(kind, scope).find(({ id }) => id === key.id);
    if (!found) throw new PamojaError('NOT_FOUND', `no such ${kind}`);
    return found;
  };
  return {
    ...(await original<object>()),
    listUsersOf: list('user'),
    listGroupsOf: list('group'),
    listTenantEntries: list('company'),
    findUser: find('user'),
    findGroup: find('group'),
    findTenantEntry: find('company'),
    groupMemberIds: async (_db: unknown, _tenant: number, group: number) =>
      group === 1 ? { users: [1, 4, 3], groups: [2] } : { users: [], groups: [] },
  };
});

const db = undefined as unknown as Database;
const context = { db } as StoreContext;
const entryIdOf = (entry: DirectoryEntry): Buffer => addressBookEntryId(entry);
let caller: Caller;
beforeEach(() => {
  caller = { tenant: 1, scope: [1], administers: [] } as unknown as Caller;
});
const seesBoth = (): void => {
  caller.scope = [1, 2] as TenantId[];
};

describe('an entry', () => {
  it('is found by its id or its entry id, in the tenants that the caller sees', async () => {
    expect(await findEntry(db, caller, addressBookId(anna))).toBe(anna);
    expect(await findEntry(db, caller, 0, entryIdOf(team))).toBe(team);
    await expect(findEntry(db, caller, 0, entryIdOf(boss))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    seesBoth();
    expect(await findEntry(db, caller, 0, entryIdOf(boss))).toBe(boss);
  });

  it('is not found by the entry id of a deleted one whose id it has', async () => {
    const old = addressBookEntryId({ ...anna, guid: Buffer.alloc(16, 0xee) });
    await expect(findEntry(db, caller, 0, old)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is not Everyone: that is nobody’s row', async () => {
    await expect(findEntry(db, caller, 0, EVERYONE_ENTRY_ID)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the members of a group', () => {
  const members = async (entryId: Buffer) => (await groupMembers(db, caller, 0, entryId)).map(({ name }) => name);

  it('are users and groups of its own tenant, without hidden ones', async () => {
    seesBoth();
    expect(await members(entryIdOf(team))).toEqual(['user 1', 'group 2']);
  });

  it('are shown with hidden ones to an administrator of the tenant', async () => {
    caller.administers = [1 as TenantId];
    expect(await members(entryIdOf(team))).toEqual(['user 1', 'user 4', 'group 2']);
    caller.administers = [2 as TenantId];
    expect(await members(entryIdOf(team))).toEqual(['user 1', 'group 2']);
    caller.administers = 'all';
    expect(await members(entryIdOf(team))).toEqual(['user 1', 'user 4', 'group 2']);
  });

  it('are for Everyone the users of the caller’s tenant, whatever else the caller sees', async () => {
    seesBoth();
    expect(await members(EVERYONE_ENTRY_ID)).toEqual(['user 1', 'user 2']);
  });

  it('are refused for a user', async () => {
    await expect(members(entryIdOf(anna))).rejects.toMatchObject({ code: 'INVALID_TYPE' });
  });
});

describe('the containers of the address book', () => {
  const root = encodeAddressBookId({ type: OBJECT.AB_CONTAINER, id: 0, external: Buffer.alloc(0) });
  const lists = encodeAddressBookId({ type: OBJECT.AB_CONTAINER, id: 2, external: Buffer.alloc(0) });
  const below = async (entryId: Buffer, deep = false) =>
    (await containersBelow(context, caller, entryId, deep)).map(({ properties }) =>
      [properties.get(PR.DISPLAY_NAME), properties.get(PR.DEPTH)].filter((each) => each !== undefined).join(' '),
    );

  it('are the Global Address Book and All Address Lists', async () => {
    expect(await below(root)).toEqual(['Global Address Book', 'All Address Lists']);
    expect(await below(lists)).toEqual([]);
  });

  it('have the tenants below for a caller who sees more than one', async () => {
    expect(await below(GLOBAL_ADDRESS_BOOK)).toEqual([]);
    seesBoth();
    expect(await below(GLOBAL_ADDRESS_BOOK)).toEqual(['company 1', 'company 2']);
    expect(await below(root, true)).toEqual([
      'Global Address Book 0',
      'company 1 1',
      'company 2 1',
      'All Address Lists 0',
    ]);
  });

  it('are not there for a tenant that the caller does not see, nor for a user', async () => {
    expect((await containerProperties(context, caller, addressBookId(alpha))).get(PR.DISPLAY_NAME)).toBe('company 1');
    for (const id of [addressBookId(beta), addressBookId(anna)])
      await expect(containerProperties(context, caller, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('have no entries of their own in All Address Lists', () => {
    expect(() => requireHasEntries(lists)).toThrow(expect.objectContaining({ code: 'INVALID_PARAMETER' }));
    requireHasEntries(GLOBAL_ADDRESS_BOOK);
  });

  const entries = async (entryId: Buffer) => {
    const found = await entriesIn(context, caller, entryId);
    return [...found.entries.map(({ name }) => name), ...(found.everyone ? ['Everyone'] : [])];
  };

  it('have the users and groups of what the caller sees, without hidden ones, also for administrators', async () => {
    caller.administers = 'all';
    expect(await entries(GLOBAL_ADDRESS_BOOK)).toEqual(['user 1', 'user 2', 'group 1', 'group 2', 'Everyone']);
    seesBoth();
    expect(await entries(entryIdOf(beta))).toEqual(['user 3', 'Everyone']);
    expect(await entries(entryIdOf(team))).toEqual(['user 1', 'group 2']);
  });

  it('show nothing of a tenant that the caller does not see', async () => {
    await expect(entries(entryIdOf(beta))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
