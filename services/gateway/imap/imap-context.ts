import type { SecureContext } from 'node:tls';
import type { AccountWatch } from '../../../shared/directory/login/account-watch.ts';
import type { LoginContext } from '../../../shared/directory/login/login.ts';
import type { LogonTimes } from '../../../shared/directory/login/logon-times.ts';
import type { ChangeListener } from '../../../shared/store/engine/change-listener.ts';
import type { StoreContext } from '../../../shared/store/engine/context.ts';
import type { FolderIndexes } from '../../../shared/store/messages/folder-index.ts';
import type { RecentContents } from '../../../shared/store/messages/recent-contents.ts';
import type { SearchColumns } from '../../../shared/store/messages/search-columns.ts';

/** What every IMAP session needs; put together in main.ts. */
export interface ImapContext extends LoginContext {
  store: StoreContext;
  listener: ChangeListener;
  indexes: FolderIndexes;
  columns: SearchColumns;
  contents: RecentContents;
  logonTimes: LogonTimes;
  accounts: AccountWatch;
  /** Undefined: no STARTTLS. */
  tls: SecureContext | undefined;
}
