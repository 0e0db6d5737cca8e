import type { ScramKeys } from '../../protocol/scram.ts';
import type { FolderId, StoreId, TenantId, UserId } from '../../store/engine/ids.ts';
import type { SessionVersion } from '../login/session-version.ts';
import type { QuotaLevels } from '../quota/quota-levels.ts';

/** A local recipient, with all that delivery needs to know of the mailbox. */
export interface Recipient {
  /** As it was given; a group's for each of its members. */
  address: string;
  tenant: TenantId;
  user: UserId;
  store: StoreId;
  inbox: FolderId;
  /** Bytes in the store now. */
  storeSize: number;
  /** Bytes at most; 0 is no limit. */
  hardQuota: number;
}

/** A person who has proved who they are. */
export interface Account {
  tenant: TenantId;
  user: UserId;
  store: StoreId;
  login: string;
  fullName: string;
  hardQuota: number;
  /** A session that begins now is over once the account has another one. */
  version: SessionVersion;
  /** Features that this user has, such as `imap` (manual 8.7). */
  features: ReadonlySet<string>;
}

/** What somebody may send, as it is at this moment. */
export interface Sender {
  /** Addresses that the user may send from, in their canonical form: own ones, and those of users who allow it (manual 8.3.5). */
  addresses: ReadonlySet<string>;
  outbox: FolderId;
  /** Bytes in the store. */
  storeSize: number;
  quota: QuotaLevels;
  /** Limits of the tenant; 0 is none beyond the configured ones. */
  maxMessageBytes: number;
  maxRecipients: number;
  maxHourlyMessages: number;
}

/** Who may log in and who gets mail. The `db` plugin is the first to implement it (manual 5.1.2). */
export interface Directory {
  /**
   * The mailboxes behind addresses: one for a user's, those of all members for a group's, none for one that is not ours. Throws
   * NETWORK_ERROR when it cannot tell.
   */
  resolve(addresses: readonly string[]): Promise<Recipient[][]>;
  /** Which of these domains are hosted here. */
  hostedDomains(domains: readonly string[]): Promise<Set<string>>;
  /**
   * Checks a login and its password. Throws LOGON_FAILED, with the same words and after the same time, for an unknown user,
   * a wrong password, an inactive user and a suspended tenant.
   */
  authenticate(login: string, password: string): Promise<Account>;
  /**
   * The SCRAM keys of a login; for an unknown user, and one whose password was set before there were any, keys that no proof fits.
   * `account` gives the user once the proof is right; it throws LOGON_FAILED for an inactive one and a suspended tenant.
   */
  scramKeys(login: string): Promise<{ keys: ScramKeys; account: () => Promise<Account> }>;
  /** What the user may send now; undefined once the user is inactive or gone, or the tenant suspended. */
  sender(account: Pick<Account, 'tenant' | 'user'>): Promise<Sender | undefined>;
}
