import type { Session } from '../../shared/net/session-server.ts';
import type { ClientConnection } from './client-connection.ts';
import type { LoginState } from './login-state.ts';

/** A connection of IMAP or POP3 as the session server serves it. */
export function connectionSession(
  { connection, login }: { connection: ClientConnection; login: Pick<LoginState, 'isLoggedIn'> },
  run: () => Promise<void>,
): Session {
  return {
    get loggedIn() {
      return login.isLoggedIn;
    },
    run,
    end: (farewell) => connection.end(farewell),
  };
}
