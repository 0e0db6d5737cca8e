import { describe, expect, it } from 'vitest';
import type { Peer, SoapTransport } from '../../../services/store-server/peer.ts';
import { countSessionGuesses } from '../../../services/store-server/session-guesses.ts';
import { silentLog } from '../../../shared/platform/log.ts';

const peer = (address: string, transport: SoapTransport = 'tls'): Peer => ({
  address,
  transport,
  trusted: false,
  loopback: false,
});

/** A counter whose waits are counted instead of waited for. */
function counter() {
  const at = { now: 0, waited: 0 };
  const guesses = countSessionGuesses(
    () => at.now,
    silentLog,
    async () => void at.waited++,
  );
  const guess = async (from: Peer, times: number): Promise<number> => {
    const { waited } = at;
    for (let i = 0; i < times; i++) await guesses.guessed(from);
    return at.waited - waited;
  };
  return { at, guess };
}

describe('calls for unknown sessions', () => {
  it('are answered at once for 50 calls in ten minutes, which begin with the first', async () => {
    const { at, guess } = counter();
    expect(await guess(peer('192.0.2.1'), 50)).toBe(0);
    at.now = 599_999;
    expect(await guess(peer('192.0.2.1'), 1)).toBe(1);
    at.now = 600_000;
    expect(await guess(peer('192.0.2.1'), 50)).toBe(0);
    expect(await guess(peer('192.0.2.1'), 1)).toBe(1);
  });

  it('are never delayed over the local socket', async () => {
    const { guess } = counter();
    expect(await guess(peer('', 'socket'), 500)).toBe(0);
  });

  it('are counted for the 10,000 addresses that called last, so that a flood of addresses takes no more memory', async () => {
    const { guess } = counter();
    await guess(peer('192.0.2.1'), 51);
    await guess(peer('192.0.2.2'), 51);
    for (let i = 0; i < 9_999; i++) await guess(peer(`2001:db8::${i.toString(16)}`), 1);
    expect(await guess(peer('192.0.2.2'), 1)).toBe(1);
    expect(await guess(peer('192.0.2.1'), 1)).toBe(0);
  });
});
