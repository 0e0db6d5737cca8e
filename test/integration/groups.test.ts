import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../shared/database/transaction.ts';
import { searchAddressBook } from '../../shared/directory/entries/address-book-search.ts';
import {
  addMember,
  createGroup,
  deleteGroup,
  getGroup,
  groupsOfUser,
  listGroups,
  removeMember,
} from '../../shared/directory/entries/groups.ts';
import { mailboxOf } from '../../shared/directory/entries/mailbox-of.ts';
import {
  createStoreFor,
  listOrphans,
  listStoreless,
  removeOrphan,
  unhookStore,
} from '../../shared/directory/entries/orphans.ts';
import { addSendAs, listSendAs } from '../../shared/directory/entries/send-as.ts';
import {
  addTenantAdmin,
  addViewer,
  listTenantAdmins,
  listViewers,
  removeViewer,
} from '../../shared/directory/entries/tenant-grants.ts';
import { userId } from '../../shared/directory/entries/user-id.ts';
import { createUser, deleteUser, getUser, updateUser } from '../../shared/directory/entries/users.ts';
import { dbAuthenticator } from '../../shared/directory/login/db-authenticator.ts';
import { parseLoginName, storeName } from '../../shared/directory/login/login-name.ts';
import { setTenantQuota } from '../../shared/directory/quota/tenant-quota.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { removeTenant, tenantsToRemove } from '../../shared/directory/tenants/remove-tenant.ts';
import type { TenantRegistry } from '../../shared/directory/tenants/tenant-registry.ts';
import { createTenant, findTenant, NO_LIMITS, setTenantState } from '../../shared/directory/tenants/tenants.ts';
import { parseOptions } from '../../shared/platform/options.ts';
import type { TenantId } from '../../shared/store/engine/ids.ts';
import { createPublicStore } from '../../shared/store/trees/create-store.ts';
import { purgeDeletedItems } from '../../shared/store/upkeep/purge.ts';
import { deliverTo, openTestStore, problems, type TestStore } from '../support/test-store.ts';

const DAY = 86_400_000;
let store: TestStore;
let tenant: TenantId;

beforeAll(async () => {
  store = await openTestStore();
  tenant = await createTenant(store, 'groups', ['groups.test'], { ...NO_LIMITS, groups: 4 });
  for (const name of ['ann', 'bob', 'cat']) await user(name);
});
afterAll(() => store.close());

const user = (name: string, more: object = {}) =>
  createUser(store, tenant, {
    login: `${name}@groups.test`,
    email: `${name}@groups.test`,
    password: 'x',
    fullName: name,
    ...more,
  });
const change = <T>(work: Parameters<typeof inTransaction<T>>[1]) => inTransaction(store.db, work);
const group = (name: string, email?: string) => change((tx) => createGroup(tx, store, tenant, { name, email }));
const add = (name: string, member: string) =>
  change((tx) =>
    addMember(
      tx,
      tenant,
      name,
      member.includes('@') ? { kind: 'user', login: member } : { kind: 'group', name: member },
    ),
  );
const mailboxesOf = async (address: string) =>
  (await dbSource(store.db, store.options).resolve([address]))[0]?.map((mailbox) => mailbox.user).sort() ?? [];

describe('groups', () => {
  it('have members, users and groups, and reach each mailbox once however it is in them', async () => {
    await group('all', 'all@groups.test');
    await group('some');
    await add('all', 'ann@groups.test');
    await add('all', 'some');
    await add('some', 'ann@groups.test');
    await add('some', 'bob@groups.test');
    expect(await mailboxesOf('ALL@groups.test')).toHaveLength(2);
    expect(await mailboxesOf('all+x@groups.test')).toHaveLength(2);
    expect(await getGroup(store.db, tenant, 'all')).toMatchObject({ users: ['ann@groups.test'], groups: ['some'] });
    const bob = await userId(store.db, tenant, 'bob@groups.test');
    expect(await groupsOfUser(store.db, tenant, bob)).toEqual(['Everyone', 'all', 'some']);
  });

  it('are never in themselves, at any depth, and keep to the limit of the tenant', async () => {
    await group('third');
    await add('some', 'third');
    for (const member of ['all', 'some', 'third'])
      await expect(add('third', member)).rejects.toThrow('cannot be in itself');
    await expect(add('all', 'some')).rejects.toMatchObject({ code: 'COLLISION' });
    await group('fourth');
    await expect(group('fifth')).rejects.toMatchObject({ code: 'UNABLE_TO_COMPLETE' });
    await change((tx) => deleteGroup(tx, tenant, 'fourth'));
  });

  it('share addresses with users: each belongs to one of them, and to one tenant', async () => {
    await expect(group('taken', 'ann@groups.test')).rejects.toMatchObject({ code: 'COLLISION' });
    await expect(group('foreign', 'x@elsewhere.test')).rejects.toMatchObject({ code: 'BAD_VALUE' });
    await expect(user('dan', { aliases: ['all@groups.test'] })).rejects.toMatchObject({ code: 'COLLISION' });
    expect((await listGroups(store.db, tenant, '', 10)).map(({ name }) => name)).toEqual(['all', 'some', 'third']);
  });

  it('Everyone has every user and cannot be changed, and a deleted user or group is in none', async () => {
    expect((await getGroup(store.db, tenant, 'everyone')).users).toEqual([
      'ann@groups.test',
      'bob@groups.test',
      'cat@groups.test',
    ]);
    await expect(add('Everyone', 'cat@groups.test')).rejects.toMatchObject({ code: 'BAD_VALUE' });
    await expect(group('EVERYONE')).rejects.toMatchObject({ code: 'BAD_VALUE' });
    await user('eve');
    await add('third', 'eve@groups.test');
    await change((tx) => addSendAs(tx, tenant, 'ann@groups.test', 'eve@groups.test'));
    await change((tx) => deleteUser(tx, tenant, 'eve@groups.test'));
    expect((await getGroup(store.db, tenant, 'third')).users).toEqual([]);
    expect(await listSendAs(store.db, tenant, 'ann@groups.test')).toEqual([]);
    await change((tx) => removeMember(tx, tenant, 'all', { kind: 'group', name: 'some' }));
    expect(await mailboxesOf('all@groups.test')).toHaveLength(1);
  });

  it('of another tenant do not exist', async () => {
    const other = await createTenant(store, 'strangers', ['strangers.test']);
    await expect(getGroup(store.db, other, 'all')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(
      change((tx) => addMember(tx, other, 'all', { kind: 'user', login: 'ann@groups.test' })),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(change((tx) => addSendAs(tx, other, 'ann@groups.test', 'bob@groups.test'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('users', () => {
  it('that are rooms or equipment get mail and cannot log in', async () => {
    await user('room', { type: 'room', hidden: true });
    expect(await getUser(store.db, tenant, 'room@groups.test')).toMatchObject({
      type: 'room',
      active: false,
      hidden: true,
    });
    expect(await mailboxesOf('room@groups.test')).toHaveLength(1);
    const directory = dbSource(store.db, store.options);
    expect(await dbAuthenticator(store.db, store.options).checkPassword('room@groups.test', 'x')).toBeUndefined();
    expect(
      await directory.sender({ tenant, user: await userId(store.db, tenant, 'room@groups.test') }),
    ).toBeUndefined();
  });

  it('can have another login and address, and keep their mail', async () => {
    await user('old');
    const { guid } = await mailboxOf(store, tenant, 'old@groups.test');
    const wanted = { login: 'new@groups.test', email: 'new@groups.test', aliases: ['old@groups.test'] };
    await change((tx) => updateUser(tx, store, tenant, 'old@groups.test', wanted));
    expect((await mailboxOf(store, tenant, 'new@groups.test')).guid).toEqual(guid);
    expect(await mailboxesOf('old@groups.test')).toHaveLength(1);
    await expect(
      change((tx) => updateUser(tx, store, tenant, 'new@groups.test', { login: 'ann@groups.test' })),
    ).rejects.toMatchObject({ code: 'COLLISION' });
  });

  it('have their own quota levels, else those of the tenant, else the configured ones', async () => {
    const options = parseOptions({ quota_hard: 3 });
    const hard = async () => (await mailboxOf({ db: store.db, options }, tenant, 'cat@groups.test')).hardQuota;
    expect(await hard()).toBe(3 * 1024 * 1024);
    await change((tx) => setTenantQuota(tx, tenant, { users: { warn: 1, soft: 2, hard: 2000 } }));
    expect(await hard()).toBe(2000);
    await change((tx) => updateUser(tx, store, tenant, 'cat@groups.test', { quota: { warn: 0, soft: 0, hard: 1000 } }));
    expect(await hard()).toBe(1000);
    await change((tx) => setTenantQuota(tx, tenant, { users: null }));
    await change((tx) => updateUser(tx, store, tenant, 'cat@groups.test', { quota: null }));
    expect(await hard()).toBe(3 * 1024 * 1024);
  });

  it('must have logins in the configured format when it contains the tenant', async () => {
    expect(parseLoginName('%u@%c', 'john@exampleorg')).toEqual({ user: 'john', tenant: 'exampleorg' });
    expect(parseLoginName('\\%c\\%u', '\\exampleorg\\john')).toEqual({ user: 'john', tenant: 'exampleorg' });
    expect(parseLoginName('%u@%c', 'john')).toBeUndefined();
    expect(storeName('%f (%c)', { login: 'john', fullName: 'John Doe' }, 'exampleorg')).toBe('John Doe (exampleorg)');
    const strict = { ...store, options: parseOptions({ loginname_format: '%u@%c', password_min_length: 1 }) };
    const make = (login: string) =>
      createUser(strict, tenant, { login, email: 'fmt@groups.test', password: 'x', fullName: 'F' });
    await expect(make('john@elsewhere')).rejects.toMatchObject({ code: 'BAD_VALUE' });
    await make('john@groups');
    expect((await dbAuthenticator(store.db, strict.options).checkPassword('john@groups', 'x'))?.login).toBe(
      'john@groups',
    );
  });
});

describe('tenants', () => {
  it('see each other only where they were let, and hidden people not even then', async () => {
    const [north, south] = [await store.tenant('north', 'north.test'), await store.tenant('south', 'south.test')];
    for (const name of ['sam', 'sue']) await store.mailbox(`${name}@south.test`);
    await change((tx) => updateUser(tx, store, south, 'sue@south.test', { hidden: true }));
    const seen = async () => (await searchAddressBook(store.db, north, 's', 10)).map(({ login }) => login);
    expect(await seen()).toEqual([]);
    await change((tx) => addViewer(tx, south, north));
    expect([await seen(), await listViewers(store.db, south)]).toEqual([['sam@south.test'], ['north']]);
    // A letter of LIKE is a letter.
    expect(await searchAddressBook(store.db, north, '%', 10)).toEqual([]);
    await change((tx) => removeViewer(tx, south, north));
    expect(await seen()).toEqual([]);
    await store.mailbox('admin@north.test');
    await change(async (tx) => addTenantAdmin(tx, south, await userId(tx, north, 'admin@north.test')));
    expect(await listTenantAdmins(store.db, south)).toEqual(['admin@north.test']);
    await change((tx) => deleteUser(tx, north, 'admin@north.test'));
    expect(await listTenantAdmins(store.db, south)).toEqual([]);
  });

  it('come with one public store', async () => {
    const kinds = await store.db.selectFrom('stores').select('kind').where('tenant_id', '=', tenant).execute();
    expect(kinds.filter(({ kind }) => kind === 'public')).toHaveLength(1);
    await expect(change((tx) => createPublicStore(tx, tenant, 'en', store.clock()))).rejects.toMatchObject({
      code: 'COLLISION',
    });
  });
});

describe('stores without users', () => {
  it('are created, detached, and purged after the soft-delete lifetime', async () => {
    const mailbox = await store.mailbox('leaver@stores.test');
    await deliverTo(store, [mailbox], 'Subject: kept\r\n\r\n');
    await change((tx) => unhookStore(tx, mailbox.tenant, mailbox.login));
    expect(await listStoreless(store.db, mailbox.tenant)).toEqual([mailbox.login]);
    const [orphan] = await listOrphans(store.db, mailbox.tenant);
    expect(orphan).toMatchObject({ formerLogin: mailbox.login, modifiedAt: store.clock() });
    await change((tx) => createStoreFor(tx, store.clock, mailbox.tenant, mailbox.login, 'nl'));
    expect(await listStoreless(store.db, mailbox.tenant)).toEqual([]);
    const guid = Buffer.from(orphan?.guid ?? '', 'hex');
    await expect(change((tx) => removeOrphan(tx, store.clock, tenant, guid))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await change((tx) => removeOrphan(tx, store.clock, mailbox.tenant, guid));
    expect(await listOrphans(store.db, mailbox.tenant)).toEqual([]);
    const purge = () => purgeDeletedItems(store, store.clock() - 30 * DAY, () => true);
    store.time.now += 29 * DAY;
    expect((await purge()).stores).toBe(0);
    store.time.now += 2 * DAY;
    expect((await purge()).stores).toBe(1);
    expect(await problems(store)).toEqual([]);
  });
});

describe('a tenant whose grace period is over', () => {
  const registry = (allowed = true) => {
    const calls: string[] = [];
    const fake = {
      calls,
      async adopt() {},
      async advance(name: string, to: string) {
        if (!allowed) throw new Error('it was resumed');
        calls.push(`${name} ${to}`);
      },
      async remove(name: string) {
        calls.push(`${name} gone`);
      },
    };
    return fake as unknown as TenantRegistry & { calls: string[] };
  };

  it('goes with all that is its own, even when cut off in the middle, and nothing else goes', async () => {
    const neighbour = await store.mailbox('n@neighbour.test');
    const mailbox = await store.mailbox('x@leaving.test');
    for (let i = 0; i < 3; i++) await deliverTo(store, [mailbox, neighbour], `Subject: shared ${i}\r\n\r\n`);
    const before = await problems(store);
    const due = async () => (await tenantsToRemove(store.db, store.clock())).filter(({ id }) => id === mailbox.tenant);
    expect(await due()).toEqual([]);
    await setTenantState(store.db, mailbox.tenant, 'deleting', store.clock() + DAY);
    expect(await due()).toEqual([]);
    store.time.now += 2 * DAY;
    const [leaving] = await due();
    if (!leaving) throw new Error('not due');
    await expect(removeTenant(store, registry(false), leaving, () => true)).rejects.toThrow('resumed');
    let steps = 2;
    const entry = registry();
    expect(await removeTenant(store, entry, leaving, () => steps-- > 0)).toBe(false);
    expect((await findTenant(store.db, leaving.name))?.state).toBe('removing');
    expect(await due()).toHaveLength(1);
    const version = () =>
      store.db
        .selectFrom('tenants')
        .select('session_version')
        .where('id', '=', mailbox.tenant)
        .executeTakeFirstOrThrow();
    const once = await version();
    expect(await removeTenant(store, entry, leaving, () => false)).toBe(false);
    expect(await version()).toEqual(once);
    expect(await removeTenant(store, entry, leaving, () => true)).toBe(true);
    expect(entry.calls.at(-1)).toBe('leaving.test gone');
    expect(await findTenant(store.db, leaving.name)).toBeUndefined();
    for (const table of ['users', 'stores', 'messages', 'message_contents', 'changes', 'addresses', 'domains'] as const)
      expect(await store.db.selectFrom(table).selectAll().where('tenant_id', '=', mailbox.tenant).execute()).toEqual(
        [],
      );
    expect(await problems(store)).toEqual(before);
    expect((await dbSource(store.db, store.options).resolve([neighbour.login]))[0]).toHaveLength(1);
  });
});
