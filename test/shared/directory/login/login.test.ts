import { describe, expect, it } from 'vitest';
import type { Authenticator } from '../../../../shared/directory/login/authenticator.ts';
import { type LoginContext, logIn, logInWithToken, takesTokens } from '../../../../shared/directory/login/login.ts';
import type { Account } from '../../../../shared/directory/sources/directory-source.ts';
import { PamojaError } from '../../../../shared/mapi/error.ts';
import { silentLog } from '../../../../shared/platform/log.ts';
import type { StoreId, TenantId, UserId } from '../../../../shared/store/engine/ids.ts';

const account = (user: number, features: string[] = ['imap']): Account => ({
  tenant: 1 as TenantId,
  user: user as UserId,
  store: user as StoreId,
  login: `u${user}@a.test`,
  fullName: 'U',
  hardQuota: 0,
  version: { account: 1, tenant: 1 },
  features: new Set(features),
});

/** An authenticator of passwords that records its calls. */
function passwords(entries: Record<string, [password: string, account: Account]>) {
  const asked: string[] = [];
  return {
    asked,
    async checkPassword(login: string, password: string) {
      asked.push(login);
      const [right, found] = entries[login] ?? [];
      return right === password ? found : undefined;
    },
  };
}

function contextOf(...authenticators: Authenticator[]): LoginContext & { settled: string[] } {
  const settled: string[] = [];
  const throttle = {
    reserve: async () => ({
      async settle(result: string) {
        settled.push(result);
      },
    }),
  };
  return { authenticators, throttle, log: silentLog, settled };
}

const client = { from: '192.0.2.1', program: 'imap' } as const;

describe('logging in', () => {
  it('asks each authenticator in turn until one knows the account', async () => {
    const [first, second] = [
      passwords({ 'u1@a.test': ['x', account(1)] }),
      passwords({ 'u2@a.test': ['y', account(2)] }),
    ];
    const context = contextOf(first, second);
    expect((await logIn(context, { ...client, user: 'u1@a.test', password: 'x' })).user).toBe(1);
    expect(second.asked).toEqual([]);
    expect((await logIn(context, { ...client, user: 'U2@a.test', password: 'y' })).user).toBe(2);
    expect(context.settled).toEqual(['right', 'right']);
  });

  it('asks all of them before a password is wrong, and says the same of an unknown user', async () => {
    const [first, second] = [passwords({ 'u1@a.test': ['x', account(1)] }), passwords({})];
    const context = contextOf(first, { checkToken: async () => account(3) }, second);
    const refusal = (user: string) =>
      logIn(context, { ...client, user, password: 'no' }).catch((error: Error) => error);
    const [known, unknown] = [await refusal('u1@a.test'), await refusal('nobody@a.test')];
    expect(known).toMatchObject({ code: 'LOGON_FAILED' });
    expect(unknown).toEqual(known);
    expect(first.asked).toEqual(second.asked);
    expect(context.settled).toEqual(['wrong', 'wrong']);
  });

  it('hands on the error of an authenticator that is unreachable, and asks no other', async () => {
    const down: Authenticator = {
      checkPassword: async () => {
        throw new PamojaError('NETWORK_ERROR', 'unreachable');
      },
    };
    const second = passwords({ 'u1@a.test': ['x', account(1)] });
    const context = contextOf(down, second);
    await expect(logIn(context, { ...client, user: 'u1@a.test', password: 'x' })).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
    });
    expect(second.asked).toEqual([]);
    expect(context.settled).toEqual(['undecided']);
  });

  it('refuses a password of more than 1,024 characters without asking an authenticator', async () => {
    const only = passwords({ 'u1@a.test': ['x'.repeat(1025), account(1)] });
    const attempt = { ...client, user: 'u1@a.test', password: 'x'.repeat(1025) };
    await expect(logIn(contextOf(only), attempt)).rejects.toMatchObject({ code: 'LOGON_FAILED' });
    expect(only.asked).toEqual([]);
  });

  it('refuses a user without the feature of the protocol', async () => {
    const context = contextOf(passwords({ 'u1@a.test': ['x', account(1, [])] }));
    await expect(logIn(context, { ...client, user: 'u1@a.test', password: 'x' })).rejects.toMatchObject({
      code: 'NO_ACCESS',
    });
    expect((await logIn(context, { ...client, program: 'smtp', user: 'u1@a.test', password: 'x' })).user).toBe(1);
    expect(context.settled).toEqual(['undecided', 'right']);
  });

  it('takes tokens where an authenticator checks them', async () => {
    expect(takesTokens(contextOf(passwords({})))).toBe(false);
    const tokens = { checkToken: async (token: string) => (token === 'good' ? account(1) : undefined) };
    const context = contextOf(passwords({}), tokens);
    expect(takesTokens(context)).toBe(true);
    expect((await logInWithToken(context, { ...client, user: undefined }, 'good')).user).toBe(1);
    await expect(logInWithToken(context, { ...client, user: undefined }, 'bad')).rejects.toMatchObject({
      code: 'LOGON_FAILED',
    });
  });
});
