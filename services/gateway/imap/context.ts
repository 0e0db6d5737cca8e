import type { SecureContext } from 'node:tls';
import type { LoginContext } from '../../../shared/directory/login.ts';
import type { LogonTimes } from '../../../shared/directory/logon-times.ts';
import type { ChangeListener } from '../../../shared/store/bell.ts';
import type { StoreContext } from '../../../shared/store/context.ts';

/** What every IMAP session needs; put together in main.ts. */
export interface ImapContext extends LoginContext {
  store: StoreContext;
  listener: ChangeListener;
  logonTimes: LogonTimes;
  /** Undefined: no STARTTLS. */
  tls: SecureContext | undefined;
}
