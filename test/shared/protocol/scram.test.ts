import { describe, expect, it } from 'vitest';
import { checkClientFinal, makeScramKeys, readClientFirst, serverFirst } from '../../../shared/protocol/scram.ts';

describe('SCRAM-SHA-256', () => {
  it('is the exchange of RFC 7677 §3', async () => {
    const first = readClientFirst('n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
    expect(first?.user).toBe('user');
    const keys = await makeScramKeys('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'), 4096);
    const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
    const answer = serverFirst(keys, nonce);
    expect(answer).toBe(`r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`);
    const final = (proof: string) =>
      first && checkClientFinal(keys, first, answer, nonce, `c=biws,r=${nonce},p=${proof}`);
    expect(final('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=')).toBe(
      'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    );
    expect(final('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVA=')).toBeUndefined();
  });

  it('refuses channel binding, and authorization as another user', () => {
    expect(readClientFirst('p=tls-unique,,n=user,r=abc')).toBeUndefined();
    expect(readClientFirst('n,a=other,n=user,r=abc')).toBeUndefined();
    expect(readClientFirst('n,,n=us=2Cer=3D,r=abc')?.user).toBe('us,er=');
    expect(readClientFirst('n,,n=us=2user,r=abc')).toBeUndefined();
  });
});
