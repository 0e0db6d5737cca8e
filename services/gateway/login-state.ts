import type { Account } from '../../shared/directory/sources/directory-source.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import type { StoreRef } from '../../shared/store/engine/ids.ts';
import type { ClientConnection } from './client-connection.ts';
import type { GatewayContext } from './gateway-context.ts';

/** Whether and as whom the client of a connection has logged in. */
export class LoginState {
  private readonly context: Pick<GatewayContext, 'accounts' | 'logonTimes' | 'store'>;
  private readonly connection: ClientConnection;
  private readonly autologoutMs: number;
  private current: Account | undefined;

  /** `autologoutMs`: silence after which a client that has logged in is disconnected. */
  constructor(
    context: Pick<GatewayContext, 'accounts' | 'logonTimes' | 'store'>,
    connection: ClientConnection,
    autologoutMs: number,
  ) {
    this.context = context;
    this.connection = connection;
    this.autologoutMs = autologoutMs;
  }

  get account(): Account | undefined {
    return this.current;
  }

  get isLoggedIn(): boolean {
    return this.current !== undefined;
  }

  /** Throws NO_ACCESS before the login. */
  requireAccount(): Account {
    if (!this.current) throw new PamojaError('NO_ACCESS', 'log in first');
    return this.current;
  }

  /** The user's own store. Throws NO_ACCESS before the login. */
  get ref(): StoreRef {
    const { tenant, store } = this.requireAccount();
    return { tenant, store };
  }

  /** No password goes over the wire in the clear unless the operator allows that (disable_plaintext_auth). */
  get allowsPasswords(): boolean {
    return this.connection.isSecure || !this.context.store.options.disable_plaintext_auth;
  }

  /** Notes who has logged in. The session ends once the account changes. */
  loggedIn(account: Account): void {
    const { accounts, logonTimes } = this.context;
    this.current = account;
    this.connection.setIdleTimeout(this.autologoutMs);
    logonTimes.loggedOn(account);
    const stop = accounts.watch(account, () => this.connection.revoke());
    this.connection.onClose(() => {
      stop();
      logonTimes.loggedOff(account);
    });
  }
}
