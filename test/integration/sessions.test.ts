import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LineClient } from '../../scripts/clients/line-client.ts';
import { onAccountChanges } from '../../shared/database/account-signals.ts';
import type { Database } from '../../shared/database/database.ts';
import { inTransaction } from '../../shared/database/transaction.ts';
import { addTenantAdmin, removeTenantAdmin } from '../../shared/directory/entries/tenant-grants.ts';
import { deleteUser, type UserChange, updateUser } from '../../shared/directory/entries/users.ts';
import { type AccountWatch, watchAccounts } from '../../shared/directory/login/account-watch.ts';
import { dbAuthenticator } from '../../shared/directory/login/db-authenticator.ts';
import { newPassword } from '../../shared/directory/login/passwords.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import type { Account } from '../../shared/directory/sources/directory-source.ts';
import { setTenantLimits, setTenantState } from '../../shared/directory/tenants/tenants.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import { silentLog } from '../../shared/platform/log.ts';
import { type ChangeListener, listenForChanges } from '../../shared/store/engine/change-listener.ts';
import { createChangeSignal } from '../../shared/store/engine/change-signal.ts';
import type { TenantId } from '../../shared/store/engine/ids.ts';
import { leaveStore } from '../../shared/store/trees/store-ownership.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { openTestStore, type TestStore } from '../support/test-store.ts';

// Open sessions and the accounts that they are of. Two gateways are two tasks: each has a watch of its own.

let store: TestStore;
let changeSignal: ReturnType<typeof createChangeSignal>;
let listeners: ChangeListener[];
let watches: AccountWatch[];
let gateways: TestGateway[];

beforeAll(async () => {
  store = await openTestStore();
  changeSignal = createChangeSignal(store.db, store.clock, silentLog);
  listeners = await Promise.all([0, 1].map(() => listenForChanges(store.db, store.clock, silentLog, '127.0.0.1')));
  watches = listeners.map((listener) => watchAccounts(store.db, listener, silentLog));
  gateways = await Promise.all(
    listeners.map((listener, i) => {
      const accounts = watches[i];
      return startTestGateway(store, { listener, ...(accounts ? { accounts } : {}) });
    }),
  );
});
beforeEach(() => onAccountChanges(store.db, changeSignal.signalAccounts));
afterAll(async () => {
  for (const gateway of gateways) gateway.close();
  for (const watch of watches) watch.close();
  for (const listener of listeners) await listener.close();
  await changeSignal.close();
  await store.close();
});

async function accountOf(login: string): Promise<Account> {
  const account = await dbSource(store.db, store.options).account(login);
  if (!account) throw new Error(`no account ${login}`);
  return account;
}

let users = 0;
async function newAccount(): Promise<Account> {
  const { login } = await store.mailbox(`u${++users}@t${users}.test`);
  return accountOf(login);
}

/** How long it took until a session of the account ended; undefined where it has not within `patience` milliseconds. */
async function endedAfter(
  account: Account,
  work: () => Promise<unknown>,
  patience: number,
): Promise<number | undefined> {
  let ended: number | undefined;
  const stop = watches[1]?.watch(account, () => {
    ended = performance.now();
  });
  const began = performance.now();
  await work();
  while (ended === undefined && performance.now() - began < patience)
    await new Promise((resolve) => setTimeout(resolve, 10));
  stop?.();
  return ended === undefined ? undefined : ended - began;
}

const change = (account: Account, wanted: UserChange) =>
  inTransaction(store.db, (tx) => updateUser(tx, store, account.tenant, account.login, wanted));
const inOne = (work: (tx: Database) => Promise<unknown>) => inTransaction(store.db, work);

const ENDING: Record<string, (account: Account) => Promise<unknown>> = {
  'another password': async (account) => change(account, { password: await newPassword(store.options, 'another one') }),
  'the same password, set again': async (account) =>
    change(account, { password: await newPassword(store.options, 'secret') }),
  'being inactive': (account) => change(account, { active: false }),
  'a feature less': (account) => change(account, { featuresOn: [] }),
  'a feature switched off': (account) => change(account, { featuresOff: ['imap'] }),
  'more rights': (account) => change(account, { adminLevel: 1 }),
  'another login': (account) => change(account, { login: `new-${account.login}` }),
  'becoming a room': (account) => change(account, { type: 'room' }),
  deletion: (account) => inOne((tx) => deleteUser(tx, account.tenant, account.login)),
  'suspension of the tenant': (account) => inOne((tx) => setTenantState(tx, account.tenant, 'suspended', null)),
  'deletion of the tenant': (account) => inOne((tx) => setTenantState(tx, account.tenant, 'deleting', 1)),
  'administering another tenant': async (account) => {
    const other = await newAccount();
    await inOne((tx) => addTenantAdmin(tx, other.tenant, account.user));
  },
};

describe('a commit', () => {
  it('says which accounts it has touched; one that does not come to be says nothing', async () => {
    const account = await newAccount();
    const heard: string[] = [];
    const stop = listeners[0]?.watchAccounts((signals) => heard.push(...signals));
    await expect(
      inOne(async (tx) => {
        await setTenantState(tx, account.tenant, 'suspended', null);
        throw new PamojaError('COLLISION', 'rolled back');
      }),
    ).rejects.toThrow('rolled back');
    await change(account, { fullName: 'Other name' });
    await change(account, { active: false });
    await expect.poll(() => heard, { timeout: 5_000 }).toEqual([`u${account.user}`]);
    stop?.();
  });
});

describe('an open session', () => {
  it.each(Object.keys(ENDING))('ends at once with %s', { timeout: 30_000 }, async (name) => {
    const account = await newAccount();
    expect(await endedAfter(account, async () => ENDING[name]?.(account), 5_000)).toBeLessThan(5_000);
  });

  it('ends when its user no longer administers another tenant', async () => {
    const { login, tenant } = await newAccount();
    const other = await newAccount();
    const { user } = await accountOf(login);
    await inOne((tx) => addTenantAdmin(tx, other.tenant, user));
    const now = await accountOf(login);
    expect(now.tenant).toBe(tenant);
    expect(await endedAfter(now, () => inOne((tx) => removeTenantAdmin(tx, other.tenant, user)), 5_000)).toBeDefined();
  });

  it('ends within five seconds when the signal is lost, and when its store is given to another user', async () => {
    onAccountChanges(store.db, () => {});
    const [silent, unhooked] = await Promise.all([newAccount(), newAccount()]);
    const times = await Promise.all([
      endedAfter(silent, () => change(silent, { active: false }), 8_000),
      endedAfter(unhooked, () => inOne((tx) => leaveStore(tx, unhooked, 'x')), 8_000),
    ]);
    for (const time of times) expect(time).toBeLessThan(5_000);
  });

  it('goes on through all else, and through a change that is rolled back', async () => {
    const account = await newAccount();
    const others = await newAccount();
    const time = await endedAfter(
      account,
      async () => {
        await change(account, { fullName: 'New name', hidden: true, quota: { warn: 0, soft: 0, hard: 9 } });
        await change(account, { aliases: [`alias@${account.login.split('@')[1]}`] });
        await change(account, { active: true, adminLevel: 0, featuresOn: ['imap'], featuresOff: [], type: 'user' });
        await change(others, { active: false });
        await inOne((tx) => setTenantState(tx, others.tenant, 'suspended', null));
        await inOne((tx) => setTenantLimits(tx, account.tenant, { ...LIMITS, users: 9 }));
        await expect(
          inOne(async (tx) => {
            await updateUser(tx, store, account.tenant, account.login, { active: false });
            throw new Error('rolled back');
          }),
        ).rejects.toThrow();
      },
      4_000,
    );
    expect(time).toBeUndefined();
  });

  it('ends in IMAP with a BYE, whether it is in IDLE, waits or sends a literal, on every task', async () => {
    const { login, tenant } = await newAccount();
    const open = async (task: number, ...commands: string[]): Promise<LineClient> => {
      const client = await LineClient.open(gateways[task]?.port ?? 0);
      for (const command of [`a LOGIN ${login} secret`, 'b SELECT INBOX']) {
        client.write(`${command}\r\n`);
        while (!(await client.line()).startsWith(`${command[0]} OK`));
      }
      for (const command of commands) {
        client.write(`${command}\r\n`);
        while (!(await client.line()).startsWith('+'));
      }
      return client;
    };
    const clients = [
      await open(0),
      await open(1),
      await open(0, 'c IDLE'),
      await open(1, 'c IDLE'),
      await open(1, 'c APPEND INBOX {100}'),
    ];
    await inOne((tx) => updateUser(tx, store, tenant as TenantId, login, { active: false }));
    for (const client of clients) {
      expect(await client.line()).toBe('* BYE Your account has changed: log in again');
      await expect(client.line()).rejects.toThrow('closed');
    }
  });

  it('does not begin with SCRAM keys that were replaced while the client was thinking', async () => {
    const { login, tenant } = await newAccount();
    const { account } = await dbAuthenticator(store.db, store.options).scramChallenge(login);
    const password = await newPassword(store.options, 'another one');
    await inOne((tx) => updateUser(tx, store, tenant, login, { password }));
    expect(await account()).toBeUndefined();
  });
});

const LIMITS = { domains: 0, users: 0, groups: 0, bytes: 0, hourlyMessages: 0, recipients: 0, messageBytes: 0 };
