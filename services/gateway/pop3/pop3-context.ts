import type { LoginDelay } from '../../../shared/directory/login/login-delay.ts';
import type { GatewayContext } from '../gateway-context.ts';

/** The dependencies of every POP3 session; composed in compose.ts. */
export interface Pop3Context extends GatewayContext {
  loginRest: LoginDelay;
}
