import type { LoginDelay } from '../../../shared/directory/login/login-delay.ts';
import type { GatewayContext } from '../gateway-context.ts';

/** What every POP3 session needs; put together in main.ts. */
export interface Pop3Context extends GatewayContext {
  loginRest: LoginDelay;
}
