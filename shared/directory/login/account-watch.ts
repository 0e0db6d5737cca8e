import type { AccountSignal } from '../../database/account-signals.ts';
import type { Database } from '../../database/database.ts';
import { asPamojaError } from '../../database/transaction.ts';
import type { Log } from '../../platform/log.ts';
import type { ChangeListener } from '../../store/engine/change-listener.ts';
import type { StoreId, TenantId, UserId } from '../../store/engine/ids.ts';
import type { SessionVersion } from './session-version.ts';

/** The account of an open session, as it was when the session began. */
export interface OpenAccount {
  tenant: TenantId;
  user: UserId;
  version: SessionVersion;
  /** Undefined for a session that does not depend on the owner of a store. */
  store: StoreId | undefined;
}

/** Ends sessions whose account has changed. */
export interface AccountWatch {
  /** Calls `end` once, as soon as the account has changed; returns a function that ends the watch. */
  watch(account: OpenAccount, end: () => void): () => void;
  close(): void;
}

/** A change whose signal was lost is noticed within this time and that of a query. */
const CHECK_MS = 3_000;

/** Accounts in one query. */
const PER_QUERY = 1_000;

interface Watched extends OpenAccount {
  end: () => void;
}

/** Compares the open accounts of this process with the database: those that a signal names at once, all others every three seconds. */
export function watchAccounts(db: Database, listener: ChangeListener, log: Log): AccountWatch {
  const watched = new Map<UserId, Set<Watched>>();
  const forget = (account: Watched): boolean => {
    const accounts = watched.get(account.user);
    if (!accounts?.delete(account)) return false;
    if (accounts.size === 0) watched.delete(account.user);
    return true;
  };
  const check = async (users: readonly UserId[]): Promise<void> => {
    for (let i = 0; i < users.length; i += PER_QUERY) {
      const some = users.slice(i, i + PER_QUERY);
      // Only accounts that were open before the query: one that opens while it runs may be newer than its result.
      const accounts = some.flatMap((user) => [...(watched.get(user) ?? [])]);
      const now = await currentAccounts(db, some);
      for (const account of accounts) if (!isCurrent(account, now.get(account.user)) && forget(account)) account.end();
    }
  };
  const failed = (error: unknown) =>
    log.warn(
      { error: String(error) },
      'open accounts could not be compared with the database; the next check follows in 3 s',
    );
  let running = false;
  const checkAll = async (): Promise<void> => {
    if (running || watched.size === 0) return;
    running = true;
    await check([...watched.keys()]).catch(failed);
    running = false;
  };
  const signalled = (signals: readonly AccountSignal[]): void => {
    const users = [...watched].flatMap(([user, accounts]) =>
      signals.includes(`u${user}`) || [...accounts].some(({ tenant }) => signals.includes(`t${tenant}`)) ? [user] : [],
    );
    if (users.length > 0) void check(users).catch(failed);
  };
  const stopListening = listener.watchAccounts(signalled);
  const timer = setInterval(() => void checkAll(), CHECK_MS);
  timer.unref();
  return {
    watch(account, end) {
      const entry = { ...account, end };
      const accounts = watched.get(account.user) ?? new Set();
      watched.set(account.user, accounts.add(entry));
      return () => void forget(entry);
    },
    close() {
      clearInterval(timer);
      stopListening();
    },
  };
}

type CurrentAccount = Awaited<ReturnType<typeof readAccounts>>[number];

/** No tenant in the condition: the user ids come from open sessions, and isCurrent compares the tenant of each. */
const readAccounts = (db: Database, users: readonly number[]) =>
  db
    .selectFrom('users')
    .innerJoin('tenants', 'tenants.id', 'users.tenant_id')
    .leftJoin('stores', (join) =>
      join.onRef('stores.tenant_id', '=', 'users.tenant_id').onRef('stores.user_id', '=', 'users.id'),
    )
    .select(['users.id', 'users.tenant_id', 'users.session_version', 'stores.id as store_id'])
    .select('tenants.session_version as tenant_version')
    .where('users.id', 'in', users)
    .execute();

async function currentAccounts(db: Database, users: readonly UserId[]): Promise<Map<number, CurrentAccount>> {
  return new Map((await readAccounts(db, users)).map((row) => [row.id, row]));
}

function isCurrent({ tenant, version, store }: OpenAccount, now: CurrentAccount | undefined): boolean {
  return (
    now?.tenant_id === tenant &&
    now.session_version === version.account &&
    now.tenant_version === version.tenant &&
    // The store may have been given to another user.
    (store === undefined || now.store_id === store)
  );
}

/** The present account of a user, for a session that opens without a password. Undefined for a deleted user. */
export async function openAccountOf(db: Database, user: number): Promise<OpenAccount | undefined> {
  const [row] = await readAccounts(db, [user]).catch((error: unknown) => {
    throw asPamojaError(error);
  });
  return (
    row && {
      tenant: row.tenant_id as TenantId,
      user: row.id as UserId,
      version: { account: row.session_version, tenant: row.tenant_version },
      store: undefined,
    }
  );
}
