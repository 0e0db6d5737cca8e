import type { FolderId, StoreId, TenantId, UserId } from '../store/ids.ts';

/** A local recipient, with all that delivery needs to know of the mailbox. */
export interface Recipient {
  /** As it was given. */
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
  /** Features that this user has, such as `imap` (manual 8.7). */
  features: ReadonlySet<string>;
}

/** Who may log in and who gets mail. The `db` plugin is the first to implement it (manual 5.1.2). */
export interface Directory {
  /** The recipients behind addresses; undefined in the place of one that is not ours. Throws NETWORK_ERROR when it cannot tell. */
  resolve(addresses: readonly string[]): Promise<(Recipient | undefined)[]>;
  /** Which of these domains are hosted here. */
  hostedDomains(domains: readonly string[]): Promise<Set<string>>;
  /**
   * Checks a login and its password. Throws LOGON_FAILED, with the same words and after the same time, for an unknown user,
   * a wrong password, an inactive user and a suspended tenant.
   */
  authenticate(login: string, password: string): Promise<Account>;
}
