import { afterAll, beforeAll, describe } from 'vitest';
import { inTransaction } from '../../shared/database/transaction.ts';
import { addMember, createGroup } from '../../shared/directory/entries/groups.ts';
import { createUser, updateUser } from '../../shared/directory/entries/users.ts';
import { dbAuthenticator } from '../../shared/directory/login/db-authenticator.ts';
import { cachedVerify } from '../../shared/directory/login/password-cache.ts';
import { newPassword } from '../../shared/directory/login/passwords.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { setTenantState } from '../../shared/directory/tenants/tenants.ts';
import type { TenantId } from '../../shared/store/engine/ids.ts';
import { type AuthenticatorFixture, passwordContract, scramContract } from '../support/contracts/authenticator.ts';
import { directorySourceContract, type SourceFixture } from '../support/contracts/directory-source.ts';
import { openTestStore, type TestStore } from '../support/test-store.ts';

// The ports of the directory, implemented by the database.

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore({ quota_hard: 1 });
});
afterAll(() => store.close());

let tenants = 0;
async function newTenant(): Promise<{ tenant: TenantId; domain: string }> {
  const domain = `ports${++tenants}.test`;
  return { tenant: await store.tenant(`ports${tenants}`, domain), domain };
}

const deactivate = (tenant: TenantId, login: string): Promise<void> =>
  inTransaction(store.db, (tx) => updateUser(tx, store, tenant, login, { active: false }));

const suspend = (tenant: TenantId): Promise<void> => setTenantState(store.db, tenant, 'suspended', null);

async function sourceFixture(): Promise<SourceFixture> {
  const { tenant, domain } = await newTenant();
  const user = async (name: string, features: string[], aliases: string[]) => {
    const login = `${name}@${domain}`;
    const made = await createUser(store, tenant, {
      login,
      email: login,
      aliases,
      password: 'x',
      fullName: name,
      features,
    });
    return { tenant, user: made.user, store: made.store.store };
  };
  const [ann, ben] = [await user('ann', ['imap'], [`info@${domain}`]), await user('ben', [], [])];
  await inTransaction(store.db, async (tx) => {
    await createGroup(tx, store, tenant, { name: 'all', email: `all@${domain}` });
    for (const name of ['ann', 'ben']) await addMember(tx, tenant, 'all', { kind: 'user', login: `${name}@${domain}` });
  });
  return {
    source: dbSource(store.db, store.options),
    ann,
    ben,
    domain,
    foreign: `not-${domain}`,
    deactivate: (login) => deactivate(tenant, login),
    suspend: () => suspend(tenant),
  };
}

async function authenticatorFixture(): Promise<AuthenticatorFixture> {
  const { tenant, domain } = await newTenant();
  const login = `u@${domain}`;
  const { user } = await createUser(store, tenant, { login, email: login, password: 'right', fullName: 'U' });
  return {
    authenticator: dbAuthenticator(store.db, store.options, { verify: cachedVerify(store.clock) }),
    login,
    user,
    async setPassword(text) {
      const password = await newPassword(store.options, text);
      await inTransaction(store.db, (tx) => updateUser(tx, store, tenant, login, { password }));
    },
    deactivate: () => deactivate(tenant, login),
    suspend: () => suspend(tenant),
  };
}

describe('the source in the database', () => directorySourceContract(sourceFixture));

describe('the authenticator of the database', () => {
  passwordContract(authenticatorFixture);
  scramContract(authenticatorFixture);
});
