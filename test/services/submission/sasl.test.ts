import { describe, expect, it } from 'vitest';
import { loginMechanism, plainMechanism } from '../../../services/submission/sasl.ts';

describe('PLAIN (RFC 4616)', () => {
  it.each([
    ['without an identity to act as', '\0anna\0pass'],
    ['with the user as the identity to act as', 'anna\0anna\0pass'],
  ])('gives the user and the password in one response %s', (_, response) => {
    expect(plainMechanism()(response)).toEqual({ credentials: { user: 'anna', password: 'pass' } });
  });

  it('asks with an empty challenge for a response that did not come with the command', () => {
    const exchange = plainMechanism();
    expect(exchange(undefined)).toEqual({ challenge: '' });
    expect(exchange('\0anna\0pass')).toEqual({ credentials: { user: 'anna', password: 'pass' } });
  });

  it('takes a password with any characters but NUL', () => {
    expect(plainMechanism()('\0anna\0 p=ß:\u{1f511} ')).toEqual({
      credentials: { user: 'anna', password: ' p=ß:\u{1f511} ' },
    });
  });

  it.each(['', 'anna', 'anna\0pass', '\0\0pass', '\0anna', '\0anna\0pass\0', '\0anna\0pa\0ss'])(
    'refuses the malformed response %j with 501',
    (response) => {
      expect(plainMechanism()(response)).toEqual({ refusal: '501 5.5.2 That is no PLAIN response' });
    },
  );

  it('refuses to act for another user with 535', () => {
    expect(plainMechanism()('boss\0anna\0pass')).toEqual({
      refusal: '535 5.7.8 Acting for another user is not allowed',
    });
  });
});

describe('LOGIN (draft-murchison-sasl-login)', () => {
  it('asks for the user, then for the password', () => {
    const exchange = loginMechanism();
    expect(exchange(undefined)).toEqual({ challenge: 'Username:' });
    expect(exchange('anna')).toEqual({ challenge: 'Password:' });
    expect(exchange('pass')).toEqual({ credentials: { user: 'anna', password: 'pass' } });
  });

  it('asks for the password alone where the user came with the command', () => {
    const exchange = loginMechanism();
    expect(exchange('anna')).toEqual({ challenge: 'Password:' });
    expect(exchange('')).toEqual({ credentials: { user: 'anna', password: '' } });
  });

  it('takes an empty user for one, so that it is refused as any wrong user is', () => {
    const exchange = loginMechanism();
    exchange(undefined);
    expect(exchange('')).toEqual({ challenge: 'Password:' });
    expect(exchange('pass')).toEqual({ credentials: { user: '', password: 'pass' } });
  });

  it('keeps what one client has said from another', () => {
    const [first, second] = [loginMechanism(), loginMechanism()];
    first('anna');
    expect(second('boss')).toEqual({ challenge: 'Password:' });
    expect(first('pass')).toEqual({ credentials: { user: 'anna', password: 'pass' } });
  });
});
