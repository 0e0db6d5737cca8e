import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../shared/database/migrate.ts';
import { createUser } from '../../shared/directory/entries/users.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore({ quota_hard: 1 });
});
afterAll(() => store.close());

describe('the directory', () => {
  it('IMAP is off unless a user has it switched on (disabled_features)', async () => {
    const tenant = await store.tenant('gamma', 'gamma.test');
    await createUser(store, tenant, { login: 'no@gamma.test', email: 'no@gamma.test', password: 'x', fullName: 'N' });
    const account = await dbSource(store.db, store.options).account('no@gamma.test');
    expect(account?.features.has('imap')).toBe(false);
    expect(account?.features.has('webapp')).toBe(true);
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
