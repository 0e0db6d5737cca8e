import type { SecureContext } from 'node:tls';
import type { AccountWatch } from '../../shared/directory/login/account-watch.ts';
import type { LoginContext } from '../../shared/directory/login/login.ts';
import type { LogonTimes } from '../../shared/directory/login/logon-times.ts';
import type { StoreContext } from '../../shared/store/engine/context.ts';

/** The dependencies of the sessions of both protocols; composed in main.ts. */
export interface GatewayContext extends LoginContext {
  store: StoreContext;
  logonTimes: LogonTimes;
  accounts: AccountWatch;
  /** Undefined: neither STARTTLS nor STLS. */
  tls: SecureContext | undefined;
}
