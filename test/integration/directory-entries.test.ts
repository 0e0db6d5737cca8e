import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGroup, updateGroup } from '../../shared/directory/entries/groups.ts';
import { createUser, type NewUser, updateUser } from '../../shared/directory/entries/users.ts';
import { createTenant } from '../../shared/directory/tenants/tenants.ts';
import type { TenantId } from '../../shared/store/engine/ids.ts';
import { openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;
let tenant: TenantId;
beforeAll(async () => {
  store = await openTestStore({ password_min_length: 8 });
  tenant = await store.tenant('entries', 'entries.test');
  await createUser(store, tenant, user({}));
  await createGroup(store.db, store, tenant, { name: 'sales' });
});
afterAll(() => store.close());

const user = (change: Partial<NewUser>): NewUser => ({
  login: 'anna@entries.test',
  email: 'anna@entries.test',
  fullName: 'Anna',
  password: 'a long password',
  ...change,
});

const WRONG: Omit<Partial<NewUser>, 'password'>[] = [
  { login: '' },
  { login: '@evil.test' },
  { login: 'x\r\ny' },
  { login: 'x\0' },
  { login: 'SYSTEM' },
  { email: 'x@evil.test' },
  { email: 'x\r\n@entries.test' },
  { aliases: ['not an address'] },
  { fullName: 'Anna\r\nBcc: x@evil.test' },
  { fullName: '' },
];

describe('a change of the directory’s entries', () => {
  it.each([...WRONG, { password: 'x' }, { password: '' }])('cannot make a user with %j', async (change) => {
    const wrong = user({ login: 'new@entries.test', email: 'new@entries.test', ...change });
    await expect(createUser(store, tenant, wrong)).rejects.toMatchObject({ code: 'BAD_VALUE' });
  });

  it.each([...WRONG, { featuresOn: ['imap pop3'] }])('cannot change a user to %j', async (change) => {
    const changing = updateUser(store.db, store, tenant, 'anna@entries.test', change);
    await expect(changing).rejects.toMatchObject({ code: 'BAD_VALUE' });
  });

  it('makes a room without a password, for which no login is possible', async () => {
    const room = user({ login: 'room@entries.test', email: 'room@entries.test', password: '', type: 'room' });
    await expect(createUser(store, tenant, room)).resolves.toBeDefined();
  });

  it.each([
    { name: '' },
    { name: 'a\nb' },
    { name: 'a/b' },
    { name: 'x', fullName: 'a\r\nb' },
    { name: 'x', email: '@' },
  ])('cannot make a group with %j', async (group) => {
    await expect(createGroup(store.db, store, tenant, group)).rejects.toMatchObject({ code: 'BAD_VALUE' });
  });

  it.each(['Everyone', 'SYSTEM'])('cannot make a group %s', async (name) => {
    await expect(createGroup(store.db, store, tenant, { name })).rejects.toMatchObject({ code: 'BAD_VALUE' });
  });

  it('cannot give a group a name with line breaks', async () => {
    const changing = updateGroup(store.db, tenant, 'sales', { fullName: 'Sales\r\nBcc: x' });
    await expect(changing).rejects.toMatchObject({ code: 'BAD_VALUE' });
  });

  it.each(['', ' acme', 'a\0b', '../acme', 'system'])('refuses to create a tenant named %j', async (name) => {
    await expect(createTenant(store, name, [])).rejects.toMatchObject({ code: 'BAD_VALUE' });
  });
});
