import type { SecureContext } from 'node:tls';
import type { AccountWatch } from '../../shared/directory/login/account-watch.ts';
import type { LoginContext } from '../../shared/directory/login/login.ts';
import type { LogonTimes } from '../../shared/directory/login/logon-times.ts';
import type { StoreContext } from '../../shared/store/engine/context.ts';

/** The dependencies of the sessions of both protocols; composed in compose.ts. */
export interface GatewayContext extends LoginContext {
  store: StoreContext;
  logonTimes: LogonTimes;
  accounts: AccountWatch;
  /** Undefined: STARTTLS and STLS are not offered. */
  tls: SecureContext | undefined;
}
