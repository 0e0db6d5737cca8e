import type { AccountWatch } from '../../shared/directory/login/account-watch.ts';
import type { LoginContext } from '../../shared/directory/login/login.ts';
import type { LogonTimes } from '../../shared/directory/login/logon-times.ts';
import type { DirectorySource } from '../../shared/directory/sources/directory-source.ts';
import type { ChangeListener } from '../../shared/store/engine/change-listener.ts';
import type { StoreContext } from '../../shared/store/engine/context.ts';
import type { TenantId } from '../../shared/store/engine/ids.ts';
import type { TextOrders } from '../../shared/store/tables/text-order.ts';
import type { DueEnqueuer } from '../../shared/submission/enqueue-due.ts';
import type { HourlyLimit } from '../../shared/submission/hourly-limit.ts';
import type { Counters } from './counters.ts';
import type { MessageLocks } from './locks.ts';
import type { Sessions } from './session.ts';
import type { SessionGuesses } from './session-guesses.ts';

/** What a task of the store server needs of the world. */
export interface ServerContext extends LoginContext {
  store: StoreContext;
  directory: DirectorySource;
  hourlyLimit: HourlyLimit;
  logonTimes: LogonTimes;
  accounts: AccountWatch;
  enqueuer: DueEnqueuer;
  listener: ChangeListener;
  sessions: Sessions;
  /** Calls for sessions that nobody has. */
  guesses: SessionGuesses;
  locks: MessageLocks;
  counters: Counters;
  /** Orders of folders by subject and recipients. */
  textOrders: TextOrders;
  /** Values that `testSet` keeps for `testGet`. */
  testValues: Map<string, string>;
  /** Whose a mail domain is; undefined: nobody's here. */
  tenantOfDomain: (domain: string) => Promise<TenantId | undefined>;
  /** Methods of single sign-on that are configured. */
  ssoMethods: readonly string[];
  /** When this task began; milliseconds since 1970 (UTC). */
  startedAt: number;
  /** 16 bytes, the same for all tasks: what source keys and change keys of no store begin with. */
  serverGuid: Buffer;
  /** The GUID of SYSTEM's store. */
  adminStoreGuid: Buffer;
}
