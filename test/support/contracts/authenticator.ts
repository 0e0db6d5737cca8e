import { expect, it } from 'vitest';
import type { Authenticator } from '../../../shared/directory/login/authenticator.ts';
import type { UserId } from '../../../shared/store/engine/ids.ts';

/** An authenticator, and a user `login` with the password `right` that a test has made for it. */
export interface AuthenticatorFixture {
  authenticator: Authenticator;
  login: string;
  user: UserId;
  setPassword(password: string): Promise<void>;
  deactivate(): Promise<void>;
  suspend(): Promise<void>;
}

/** What every {@link Authenticator} that checks passwords must do. `open` is called for each test. */
export function passwordContract(open: () => Promise<AuthenticatorFixture>): void {
  it('knows the account by its login in any case and the right password', async () => {
    const { authenticator, login, user } = await open();
    expect(await authenticator.checkPassword?.(login.toUpperCase(), 'right')).toMatchObject({ login, user });
  });

  it.each(['wrong', '', 'RIGHT', 'right '])('gives no account for the wrong password %j', async (password) => {
    const { authenticator, login } = await open();
    expect(await authenticator.checkPassword?.(login, password)).toBeUndefined();
  });

  it('gives no account for an unknown user', async () => {
    const { authenticator, login } = await open();
    expect(await authenticator.checkPassword?.(`no-${login}`, 'right')).toBeUndefined();
  });

  it('gives no account for an inactive user', async () => {
    const { authenticator, login, deactivate } = await open();
    await deactivate();
    expect(await authenticator.checkPassword?.(login, 'right')).toBeUndefined();
  });

  it('gives no account in a suspended tenant', async () => {
    const { authenticator, login, suspend } = await open();
    await suspend();
    expect(await authenticator.checkPassword?.(login, 'right')).toBeUndefined();
  });

  it('takes a new password at once, and the old one no more', async () => {
    const { authenticator, login, user, setPassword } = await open();
    await authenticator.checkPassword?.(login, 'right');
    await setPassword('another');
    expect(await authenticator.checkPassword?.(login, 'right')).toBeUndefined();
    expect(await authenticator.checkPassword?.(login, 'another')).toMatchObject({ user });
  });
}

/** What every {@link Authenticator} with SCRAM keys must do. */
export function scramContract(open: () => Promise<AuthenticatorFixture>): void {
  it('gives the account whose keys a proof matched', async () => {
    const { authenticator, login, user } = await open();
    expect(await (await authenticator.scramChallenge?.(login))?.account()).toMatchObject({ login, user });
  });

  it('gives an unknown user the same keys each time, and no account', async () => {
    const { authenticator, login } = await open();
    const [first, second] = [
      await authenticator.scramChallenge?.(`no-${login}`),
      await authenticator.scramChallenge?.(`no-${login}`),
    ];
    expect(first?.keys).toEqual(second?.keys);
    expect(await first?.account()).toBeUndefined();
  });

  it('gives no account for an inactive user and in a suspended tenant', async () => {
    for (const change of ['deactivate', 'suspend'] as const) {
      const fixture = await open();
      await fixture[change]();
      expect(await (await fixture.authenticator.scramChallenge?.(fixture.login))?.account()).toBeUndefined();
    }
  });

  it('gives no account once the password has changed since the keys were read', async () => {
    const { authenticator, login, setPassword } = await open();
    const challenge = await authenticator.scramChallenge?.(login);
    await setPassword('another');
    expect(await challenge?.account()).toBeUndefined();
  });
}
