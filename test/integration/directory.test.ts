import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../shared/database/migrate.ts';
import { inTransaction } from '../../shared/database/transaction.ts';
import { createUser, updateUser } from '../../shared/directory/entries/users.ts';
import { dbSource } from '../../shared/directory/sources/db-directory.ts';
import { setTenantState } from '../../shared/directory/tenants/tenants.ts';
import { openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore({ quota_hard: 1 });
});
afterAll(() => store.close());

describe('the directory', () => {
  it('finds recipients by address and alias, without case and without +detail, and nobody else', async () => {
    const tenant = await store.tenant('acme', 'acme.test');
    const { store: mailbox } = await createUser(store, tenant, {
      login: 'Ann@Acme.test',
      email: 'ann@acme.test',
      aliases: ['info@acme.test'],
      password: 'x',
      fullName: 'Ann',
    });
    const found = await dbSource(store.db, store.options).resolve([
      'ANN@acme.test',
      'info@acme.test',
      'ann+lists@acme.test',
      'bob@acme.test',
      'ann@other.test',
      '',
      "x' OR 1=1 --",
    ]);
    expect(found.map(([recipient]) => recipient?.store)).toEqual([
      mailbox.store,
      mailbox.store,
      mailbox.store,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(found[0]?.[0]?.hardQuota).toBe(1024 * 1024);
  });

  it('lets in with the right password only, and says the same of an unknown user, an inactive one and a suspended tenant', async () => {
    const tenant = await store.tenant('beta', 'beta.test');
    const user = await createUser(store, tenant, {
      login: 'u@beta.test',
      email: 'u@beta.test',
      password: 'right',
      fullName: 'U',
      features: ['imap'],
    });
    const directory = dbSource(store.db, store.options);
    expect(await directory.authenticate('U@beta.test', 'right')).toMatchObject({
      tenant,
      user: user.user,
      store: user.store.store,
    });
    const refusals = async () =>
      Promise.all(
        [directory.authenticate('u@beta.test', 'wrong'), directory.authenticate('nobody@beta.test', 'right')].map(
          (login) => login.catch((error: Error) => error.message),
        ),
      );
    expect(new Set(await refusals()).size).toBe(1);
    await inTransaction(store.db, (tx) => updateUser(tx, store, tenant, 'u@beta.test', { active: false }));
    await expect(directory.authenticate('u@beta.test', 'right')).rejects.toMatchObject({ code: 'LOGON_FAILED' });
    await inTransaction(store.db, (tx) => updateUser(tx, store, tenant, 'u@beta.test', { active: true }));
    await setTenantState(store.db, tenant, 'suspended', null);
    await expect(directory.authenticate('u@beta.test', 'right')).rejects.toMatchObject({ code: 'LOGON_FAILED' });
    expect(await directory.resolve(['u@beta.test'])).toEqual([[]]);
  });

  it('IMAP is off unless a user has it switched on (disabled_features)', async () => {
    const tenant = await store.tenant('gamma', 'gamma.test');
    await createUser(store, tenant, { login: 'no@gamma.test', email: 'no@gamma.test', password: 'x', fullName: 'N' });
    const account = await dbSource(store.db, store.options).authenticate('no@gamma.test', 'x');
    expect(account.features.has('imap')).toBe(false);
    expect(account.features.has('webapp')).toBe(true);
  });

  it('an address outside the domains of the tenant, and a login that is taken, are refused and leave nothing', async () => {
    const tenant = await store.tenant('delta', 'delta.test');
    await expect(
      createUser(store, tenant, { login: 'x@delta.test', email: 'x@acme.test', password: 'x', fullName: 'X' }),
    ).rejects.toMatchObject({ code: 'BAD_VALUE' });
    await createUser(store, tenant, { login: 'y@delta.test', email: 'y@delta.test', password: 'x', fullName: 'Y' });
    await expect(
      createUser(store, tenant, { login: 'y@delta.test', email: 'z@delta.test', password: 'x', fullName: 'Y' }),
    ).rejects.toMatchObject({ code: 'COLLISION' });
    const users = await store.db.selectFrom('users').select('login').where('tenant_id', '=', tenant).execute();
    expect(users).toEqual([{ login: 'y@delta.test' }]);
    await expect(store.tenant('epsilon', 'delta.test')).rejects.toMatchObject({ code: 'COLLISION' });
  });
});

describe('migrations', () => {
  it('run once, however many run them at the same time', async () => {
    expect(await Promise.all([migrate(store.db, store.clock), migrate(store.db, store.clock)])).toEqual([[], []]);
  });

  it('the store prepares no statements on the server, which would pin RDS Proxy sessions', async () => {
    const { sql } = await import('kysely');
    const { rows } = await sql<{ Value: string }>`SHOW GLOBAL STATUS LIKE 'Com_stmt_prepare'`.execute(store.db);
    expect(rows[0]?.Value).toBe('0');
  });
});
