import { describe, expect, it } from 'vitest';
import { ClientConnection } from '../../../services/gateway/client-connection.ts';
import { LoginState } from '../../../services/gateway/login-state.ts';
import type { Account } from '../../../shared/directory/sources/directory-source.ts';
import { settle, TestSocket } from './test-socket.ts';

const ANNA = { tenant: 1, user: 2, store: 3, login: 'anna' } as unknown as Account;
const AUTOLOGOUT_MS = 1_860_000;

function session({ secure = false, disable_plaintext_auth = true } = {}) {
  const socket = new TestSocket();
  const connection = new ClientConnection(socket.asSocket(), secure, {
    encoding: 'latin1',
    farewell: (text) => `* BYE ${text}`,
  });
  const times: string[] = [];
  let change: (() => void) | undefined;
  const login = new LoginState(
    {
      store: { options: { disable_plaintext_auth } },
      logonTimes: { loggedOn: () => times.push('on'), loggedOff: () => times.push('off') },
      accounts: {
        watch: (_account: Account, end: () => void) => {
          change = end;
          return () => times.push('watch ended');
        },
      },
    } as unknown as ConstructorParameters<typeof LoginState>[0],
    connection,
    AUTOLOGOUT_MS,
  );
  return { socket, connection, login, times, changeAccount: () => change?.() };
}

describe('before a login', () => {
  it('there is no account and no store', () => {
    const { login } = session();
    expect(login.isLoggedIn).toBe(false);
    expect(() => login.requireAccount()).toThrow(expect.objectContaining({ code: 'NO_ACCESS' }));
    expect(() => login.ref).toThrow(expect.objectContaining({ code: 'NO_ACCESS' }));
  });

  it('a password is allowed over TLS, and in the clear only where the operator says so', () => {
    expect(session().login.allowsPasswords).toBe(false);
    expect(session({ secure: true }).login.allowsPasswords).toBe(true);
    expect(session({ disable_plaintext_auth: false }).login.allowsPasswords).toBe(true);
  });

  it('the client has a minute, and afterwards as long as its protocol says', () => {
    const { socket, login } = session();
    expect(socket.idleMs).toBe(60_000);
    login.loggedIn(ANNA);
    expect(socket.idleMs).toBe(AUTOLOGOUT_MS);
  });
});

describe('after a login', () => {
  it('the account and its store are known', () => {
    const { login } = session();
    login.loggedIn(ANNA);
    expect(login.requireAccount()).toBe(ANNA);
    expect(login.ref).toEqual({ tenant: 1, store: 3 });
  });

  it('the end of the connection is noted, and its account is watched no longer', async () => {
    const { socket, login, times } = session();
    login.loggedIn(ANNA);
    expect(times).toEqual(['on']);
    socket.destroy();
    await settle();
    expect(times).toEqual(['on', 'watch ended', 'off']);
  });

  it('a change of the account ends the session', async () => {
    const { socket, connection, login, changeAccount } = session();
    login.loggedIn(ANNA);
    const more = connection.more();
    await settle();
    changeAccount();
    expect(await more).toBe(false);
    expect(socket.received()).toMatch(/^\* BYE Your account has changed/);
  });
});
