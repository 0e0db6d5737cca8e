import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../shared/database/transaction.ts';
import { createGroup } from '../../shared/directory/entries/groups.ts';
import { listOrphans } from '../../shared/directory/entries/orphans.ts';
import { createUser, deleteUser, getUser, listUsers, updateUser } from '../../shared/directory/entries/users.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { createApiKey, findApiKey, revokeApiKey } from '../../shared/directory/tenants/api-keys.ts';
import { provisionTenant } from '../../shared/directory/tenants/provision.ts';
import type { RegistryEntry, TenantRegistry } from '../../shared/directory/tenants/tenant-registry.ts';
import {
  addDomain,
  createTenant,
  findTenant,
  listDomains,
  NO_LIMITS,
  removeDomain,
  setTenantState,
  tenantOfDomain,
} from '../../shared/directory/tenants/tenants.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import { deliverTo, openTestStore, problems, readFolder, type TestStore } from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const user = (login: string, quota?: number) => ({
  login,
  email: login,
  password: 'secret',
  fullName: login,
  ...(quota ? { quota: { warn: 0, soft: 0, hard: quota } } : {}),
});

describe('limits of a tenant', () => {
  it('hold for mailboxes, also when many are made at once', async () => {
    const tenant = await createTenant(store, 'limited', ['limited.test'], { ...NO_LIMITS, users: 3 });
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) => createUser(store, tenant, user(`u${i}@limited.test`))),
    );
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(3);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'UNABLE_TO_COMPLETE' });
    expect(await listUsers(store.db, tenant, '', 100)).toHaveLength(3);
  });

  it('hold for domains', async () => {
    const tenant = await createTenant(store, 'domains', ['one.domains.test'], { ...NO_LIMITS, domains: 2 });
    await inTransaction(store.db, (tx) => addDomain(tx, tenant, 'two.domains.test'));
    await expect(inTransaction(store.db, (tx) => addDomain(tx, tenant, 'three.domains.test'))).rejects.toMatchObject({
      code: 'UNABLE_TO_COMPLETE',
    });
    await inTransaction(store.db, (tx) => removeDomain(tx, tenant, 'two.domains.test'));
    expect(await listDomains(store.db, tenant)).toEqual(['one.domains.test']);
  });

  it('hold for bytes: each mailbox needs a hard quota, and their sum stays within the limit', async () => {
    const tenant = await createTenant(store, 'bytes', ['bytes.test'], { ...NO_LIMITS, bytes: 1000 });
    await expect(createUser(store, tenant, user('a@bytes.test'))).rejects.toMatchObject({ code: 'UNABLE_TO_COMPLETE' });
    await createUser(store, tenant, user('a@bytes.test', 600));
    await expect(createUser(store, tenant, user('b@bytes.test', 500))).rejects.toMatchObject({
      code: 'UNABLE_TO_COMPLETE',
    });
    await createUser(store, tenant, user('b@bytes.test', 400));
    await expect(
      inTransaction(store.db, (tx) =>
        updateUser(tx, store, tenant, 'b@bytes.test', { quota: { warn: 0, soft: 0, hard: 401 } }),
      ),
    ).rejects.toMatchObject({ code: 'UNABLE_TO_COMPLETE' });
    await expect(
      inTransaction(store.db, (tx) => updateUser(tx, store, tenant, 'b@bytes.test', { quota: null })),
    ).rejects.toMatchObject({ code: 'UNABLE_TO_COMPLETE' });
  });
});

describe('users', () => {
  it('are changed field by field; absent fields stay', async () => {
    const tenant = await createTenant(store, 'change', ['change.test']);
    await createUser(store, tenant, { ...user('a@change.test'), aliases: ['old@change.test'], features: ['imap'] });
    await inTransaction(store.db, (tx) =>
      updateUser(tx, store, tenant, 'a@change.test', { aliases: ['new@change.test'], fullName: 'New', active: false }),
    );
    expect(await getUser(store.db, tenant, 'A@change.test')).toMatchObject({
      fullName: 'New',
      active: false,
      aliases: ['new@change.test'],
      featuresOn: ['imap'],
      quota: undefined,
    });
    expect(
      (await dbSource(store.db, store.options).resolve(['old@change.test', 'new@change.test'])).map(
        ({ length }) => length > 0,
      ),
    ).toEqual([false, true]);
  });

  it('of another tenant are not found, whatever is tried with them', async () => {
    const [mine, theirs] = [
      await createTenant(store, 'mine', ['mine.test']),
      await createTenant(store, 'theirs', ['theirs.test']),
    ];
    await createUser(store, theirs, user('x@theirs.test'));
    await expect(getUser(store.db, mine, 'x@theirs.test')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(
      inTransaction(store.db, (tx) => updateUser(tx, store, mine, 'x@theirs.test', { active: false })),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(inTransaction(store.db, (tx) => deleteUser(tx, mine, 'x@theirs.test'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await listUsers(store.db, mine, '', 100)).toEqual([]);
    await expect(inTransaction(store.db, (tx) => removeDomain(tx, mine, 'theirs.test'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('a deleted user leaves the store and its mail (manual 8.2.3), and the login is free again', async () => {
    const mailbox = await store.mailbox('gone@orphan.test');
    await deliverTo(store, [mailbox], 'Subject: kept\r\n\r\n');
    await inTransaction(store.db, (tx) => deleteUser(tx, mailbox.tenant, mailbox.login));
    expect(await listOrphans(store.db, mailbox.tenant)).toEqual([
      {
        modifiedAt: store.clock(),
        guid: expect.stringMatching(/^[0-9a-f]{32}$/),
        formerLogin: mailbox.login,
        size: 17,
      },
    ]);
    expect((await readFolder(store, mailbox, mailbox.inbox)).map(String)).toEqual(['Subject: kept\r\n\r\n']);
    expect(await dbSource(store.db, store.options).resolve([mailbox.login])).toEqual([[]]);
    await createUser(store, mailbox.tenant, user(mailbox.login));
    expect(await problems(store)).toEqual([]);
  });
});

describe('a deleted tenant', () => {
  it('has nothing made in it, and gives its name, domains, addresses and logins to a new one, but no store', async () => {
    const old = await store.mailbox('x@again.test');
    await deliverTo(store, [old], 'Subject: old\r\n\r\n');
    await inTransaction(store.db, (tx) => setTenantState(tx, old.tenant, 'deleting', store.clock() + 1000));
    await expect(createUser(store, old.tenant, user('y@again.test'))).rejects.toMatchObject({ code: 'BUSY' });
    await expect(
      inTransaction(store.db, (tx) => createGroup(tx, store, old.tenant, { name: 'gg' })),
    ).rejects.toMatchObject({ code: 'BUSY' });
    expect(await tenantOfDomain(store.db, 'again.test')).toBeUndefined();

    const tenant = await createTenant(store, 'again.test', ['again.test']);
    expect(tenant).not.toBe(old.tenant);
    const { store: fresh } = await createUser(store, tenant, user('x@again.test'));
    const [[found] = []] = await dbSource(store.db, store.options).resolve(['x@again.test']);
    expect(found?.store).toBe(fresh.store);
    expect((await readFolder(store, old, old.inbox)).map(String)).toEqual(['Subject: old\r\n\r\n']);
    expect((await listUsers(store.db, old.tenant, '', 10)).map(({ login }) => login)).toEqual([
      `x@again.test~${old.user}`,
    ]);
    // Twice: the name is free as often as it is deleted.
    await inTransaction(store.db, (tx) => setTenantState(tx, tenant, 'deleting', store.clock() + 1000));
    await createTenant(store, 'again.test', ['again.test']);
    expect(await problems(store)).toEqual([]);
  });
});

describe('API keys', () => {
  it('are known by their secret only, until they expire or are revoked', async () => {
    const tenant = await createTenant(store, 'keys', ['keys.test']);
    const key = (expiresAt: number) =>
      createApiKey(store.db, store.clock, { tenant, name: 'k', scope: 'tenant', domain: null, expiresAt });
    const { id, secret } = await key(store.clock() + 1000);
    expect(await findApiKey(store.db, store.clock, secret)).toMatchObject({ id, tenant, scope: 'tenant' });
    const refused = { code: 'LOGON_FAILED', message: 'the API key is not valid' };
    await expect(
      findApiKey(store.db, store.clock, `${secret.slice(0, -1)}${secret.endsWith('A') ? 'E' : 'A'}`),
    ).rejects.toMatchObject(refused);
    await expect(findApiKey(store.db, store.clock, 'kc_nonsense')).rejects.toMatchObject(refused);
    await expect(findApiKey(store.db, store.clock, (await key(store.clock())).secret)).rejects.toMatchObject(refused);
    await revokeApiKey(store.db, store.clock, tenant, id);
    await expect(findApiKey(store.db, store.clock, secret)).rejects.toMatchObject(refused);
  });
});

describe('provisioning', () => {
  /** A registry in memory that fails on demand, like a Lambda that is killed between two steps. */
  function memoryRegistry(): TenantRegistry & { entries: Map<string, RegistryEntry>; failAdvance: boolean } {
    const entries = new Map<string, RegistryEntry>();
    const registry = {
      entries,
      failAdvance: false,
      find: async (name: string) => entries.get(name),
      async enter(entry: Omit<RegistryEntry, 'state'>) {
        const there = entries.get(entry.name);
        if (there && there.orderHash !== entry.orderHash) throw new PamojaError('COLLISION', 'taken');
        if (!there) entries.set(entry.name, { ...entry, state: 'provisioning' });
        return { ...(entries.get(entry.name) as RegistryEntry) };
      },
      async adopt() {},
      async remove(name: string) {
        entries.delete(name);
      },
      async withdraw(name: string) {
        entries.delete(name);
      },
      async advance(name: string, to: RegistryEntry['state']) {
        if (registry.failAdvance) throw new Error('killed');
        const entry = entries.get(name);
        if (entry) entry.state = to;
      },
    };
    return registry;
  }

  const order = (name: string, domain = `${name}.test`) => ({
    name,
    domain,
    admin: user(`admin@${domain}`),
    limits: NO_LIMITS,
  });

  it('that was cut off goes on with the same order, and does no step twice', async () => {
    const registry = memoryRegistry();
    registry.failAdvance = true;
    await expect(provisionTenant(store, registry, order('cutoff'), 'test')).rejects.toThrow('killed');
    expect(registry.entries.get('cutoff')?.state).toBe('provisioning');
    registry.failAdvance = false;
    const tenant = await provisionTenant(store, registry, order('cutoff'), 'test');
    expect(await listUsers(store.db, tenant.id, '', 100)).toHaveLength(1);
    expect(registry.entries.get('cutoff')?.state).toBe('ready');
  });

  it('by many at once makes one tenant', async () => {
    const registry = memoryRegistry();
    const made = await Promise.allSettled(
      Array.from({ length: 6 }, () => provisionTenant(store, registry, order('together'), 'test')),
    );
    expect(made.some((result) => result.status === 'fulfilled')).toBe(true);
    const tenant = await findTenant(store.db, 'together');
    expect(tenant && (await listUsers(store.db, tenant.id, '', 100))).toHaveLength(1);
    await expect(provisionTenant(store, registry, order('together'), 'test')).resolves.toMatchObject({
      name: 'together',
    });
  });

  it('that is refused leaves nothing, and the name free', async () => {
    const registry = memoryRegistry();
    await createTenant(store, 'first', ['taken.test']);
    await expect(provisionTenant(store, registry, order('second', 'taken.test'), 'test')).rejects.toMatchObject({
      code: 'COLLISION',
    });
    expect(await findTenant(store.db, 'second')).toBeUndefined();
    await expect(provisionTenant(store, registry, order('second', 'second.test'), 'test')).resolves.toMatchObject({
      name: 'second',
    });
  });
});
