import type { SecureContext } from 'node:tls';
import type { AccountWatch } from '../../../shared/directory/login/account-watch.ts';
import type { LoginContext } from '../../../shared/directory/login/login.ts';
import type { LoginDelay } from '../../../shared/directory/login/login-delay.ts';
import type { LogonTimes } from '../../../shared/directory/login/logon-times.ts';
import type { StoreContext } from '../../../shared/store/engine/context.ts';

/** What every POP3 session needs; put together in main.ts. */
export interface Pop3Context extends LoginContext {
  store: StoreContext;
  logonTimes: LogonTimes;
  accounts: AccountWatch;
  loginRest: LoginDelay;
  /** Undefined: no STLS. */
  tls: SecureContext | undefined;
}
