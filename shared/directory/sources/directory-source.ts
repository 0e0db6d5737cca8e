import type { FolderId, StoreId, TenantId, UserId } from '../../store/engine/ids.ts';
import type { SessionVersion } from '../login/session-version.ts';
import type { QuotaLevels } from '../quota/quota-levels.ts';

/** A local recipient, with what delivery needs to know of the mailbox. */
export interface Recipient {
  /** The address as it was given; for a member of a group, the group's. */
  address: string;
  tenant: TenantId;
  user: UserId;
  store: StoreId;
  inbox: FolderId;
  /** Bytes in the store now. */
  storeSize: number;
  /** The most bytes that the store may hold; 0 is no limit. */
  hardQuota: number;
}

/** A user who may log in. */
export interface Account {
  tenant: TenantId;
  user: UserId;
  store: StoreId;
  login: string;
  fullName: string;
  hardQuota: number;
  /** A session that begins with this version ends once the account has another one. */
  version: SessionVersion;
  /** Features that the user has, such as `imap` (manual 8.7). */
  features: ReadonlySet<string>;
}

/** What a user may send at this moment. */
export interface Sender {
  /** Addresses that the user may send from, in canonical form: the user's own, and those of users who allow it (manual 8.3.5). */
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

/** Where the entries of users, groups and domains are looked up. The `db` plugin is the first implementation (manual 5.1.2). */
export interface DirectorySource {
  /**
   * The mailboxes behind each address: one for a user's address, one for each member of a group's, none for an address that is not hosted
   * here. Throws NETWORK_ERROR when the source is unreachable.
   */
  resolve(addresses: readonly string[]): Promise<Recipient[][]>;
  /** Which of these domains are hosted here. */
  hostedDomains(domains: readonly string[]): Promise<Set<string>>;
  /** The account of a login; undefined for an unknown or inactive user and one of a suspended tenant. */
  account(login: string): Promise<Account | undefined>;
  /** What the user may send now; undefined for an unknown or inactive user and one of a suspended tenant. */
  sender(account: Pick<Account, 'tenant' | 'user'>): Promise<Sender | undefined>;
}
