import type { SecureContext } from 'node:tls';
import type { Directory } from '../../../shared/directory/directory.ts';
import type { LoginThrottle } from '../../../shared/directory/login-throttle.ts';
import type { Log } from '../../../shared/platform/log.ts';
import type { ChangeListener } from '../../../shared/store/bell.ts';
import type { StoreContext } from '../../../shared/store/context.ts';

/** What every IMAP session needs; put together in main.ts. */
export interface ImapContext {
  store: StoreContext;
  directory: Directory;
  throttle: LoginThrottle;
  listener: ChangeListener;
  log: Log;
  /** Undefined: no STARTTLS. */
  tls: SecureContext | undefined;
}
