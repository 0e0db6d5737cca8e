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

/** The adapters and the state of one task of the store server. */
export interface ServerContext extends LoginContext {
  store: StoreContext;
  directory: DirectorySource;
  hourlyLimit: HourlyLimit;
  logonTimes: LogonTimes;
  accounts: AccountWatch;
  enqueuer: DueEnqueuer;
  listener: ChangeListener;
  sessions: Sessions;
  /** Counts calls with session ids that no task has made. */
  guesses: SessionGuesses;
  locks: MessageLocks;
  counters: Counters;
  /** Sort orders of folders by subject and by recipients, kept in memory. */
  textOrders: TextOrders;
  /** Values that `testSet` keeps for `testGet`. */
  testValues: Map<string, string>;
  /** The tenant of a mail domain; undefined for a domain that is not hosted here. */
  tenantOfDomain: (domain: string) => Promise<TenantId | undefined>;
  /** Methods of single sign-on that are configured. */
  ssoMethods: readonly string[];
  /** When this task began; milliseconds since 1970 (UTC). */
  startedAt: number;
  /** 16 bytes, the same for all tasks: the beginning of source keys and change keys that belong to no store. */
  serverGuid: Buffer;
  /** The GUID of SYSTEM's store. */
  adminStoreGuid: Buffer;
}
