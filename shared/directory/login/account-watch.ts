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
  /** Undefined where the session does not depend on whose a store is. */
  store: StoreId | undefined;
}

/** Ends sessions whose account is not what it was any more. */
export interface AccountWatch {
  /** Calls `end` once, as soon as the account has changed; gives what ends the watch. */
  watch(account: OpenAccount, end: () => void): () => void;
  close(): void;
}

/** A change that no signal told of is seen after this time and that of a query. */
const CHECK_MS = 3_000;

/** Accounts that one query asks for. */
const PER_QUERY = 1_000;

interface Watched extends OpenAccount {
  end: () => void;
}

/** Compares all open accounts of this process with the database: those that a signal names at once, all of them every three seconds. */
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
      // Only those that are open already: one that opens while the query runs may be newer than its answer.
      const accounts = some.flatMap((user) => [...(watched.get(user) ?? [])]);
      const now = await currentAccounts(db, some);
      for (const account of accounts) if (!isCurrent(account, now.get(account.user)) && forget(account)) account.end();
    }
  };
  const failed = (error: unknown) => log.warn({ error: String(error) }, 'open accounts cannot be compared');
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

/** Numbers of users come from sessions that were let in, and are compared with the tenant that they began with. */
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
    // A store that was hooked to somebody else is not the session's any more.
    (store === undefined || now.store_id === store)
  );
}

/** The account of a user as it is now, for a session that no password opens. Undefined for one that is gone. */
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
