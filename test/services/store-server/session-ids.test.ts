import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readForwarded, signForwarded } from '../../../services/store-server/forward.ts';
import type { Peer, SoapTransport } from '../../../services/store-server/peer.ts';
import { Sessions } from '../../../services/store-server/session.ts';
import { countSessionGuesses } from '../../../services/store-server/session-guesses.ts';
import { isSessionIdOf, makeSessionId } from '../../../services/store-server/session-ids.ts';
import type { Caller } from '../../../shared/access/caller.ts';
import { silentLog } from '../../../shared/platform/log.ts';

const secret = randomBytes(32);
const ids = Array.from({ length: 2000 }, () => makeSessionId(secret));

describe('the id of a session', () => {
  it('is positive for clients with signed numbers, and uses all of 63 bits', () => {
    let seen = 0n;
    for (const id of ids) {
      expect(id > 0n && id < 1n << 63n).toBe(true);
      seen |= id;
    }
    expect(seen).toBe((1n << 63n) - 1n);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has each of its bits set in half of all ids: none is predictable without the secret', () => {
    for (let bit = 0n; bit < 63n; bit++) {
      const set = ids.filter((id) => (id >> bit) & 1n).length;
      expect(set, `bit ${bit}`).toBeGreaterThan(ids.length * 0.4);
      expect(set, `bit ${bit}`).toBeLessThan(ids.length * 0.6);
    }
  });

  it('names its task to the holders of the tasks’ secrets', () => {
    const other = randomBytes(32);
    expect(ids.every((id) => isSessionIdOf(secret, id))).toBe(true);
    expect(ids.some((id) => isSessionIdOf(other, id))).toBe(false);
    expect(isSessionIdOf(secret, (ids[0] ?? 0n) + 1n)).toBe(false);
    expect(isSessionIdOf(secret, (ids[0] ?? 0n) | (1n << 63n))).toBe(false);
    expect(isSessionIdOf(secret, 0n) && isSessionIdOf(other, 0n)).toBe(false);
  });
});

const peer: Peer = { address: '192.0.2.7', transport: 'tls', trusted: false, loopback: false };

describe('a call that another task has passed on', () => {
  const header = signForwarded(secret, { session: 7n, peer }, 1_000_000);

  it('says for whom it was passed on', () => {
    expect(readForwarded(secret, header, 1_000_500)).toEqual({ session: 7n, peer });
  });

  it('is invalid when it has another signer, was changed, or is old', () => {
    const changed = Buffer.from(
      Buffer.from(header.split('.')[0] ?? '', 'base64url')
        .toString()
        .replace('"trusted":false', '"trusted":true'),
    ).toString('base64url');
    for (const forged of [
      '1',
      '',
      '.',
      header.split('.')[0] ?? '',
      `${changed}.${header.split('.')[1]}`,
      signForwarded(randomBytes(32), { session: 7n, peer }, 1_000_000),
    ])
      expect(readForwarded(secret, forged, 1_000_500), forged).toBeUndefined();
    expect(readForwarded(secret, header, 1_000_000 + 120_000)).toBeUndefined();
  });
});

describe('a session', () => {
  const open = (transport: SoapTransport) => {
    const sessions = new Sessions(
      () => 0,
      () => makeSessionId(secret),
      () => {},
    );
    const caller = { system: true, tenant: 0, user: 0 } as Caller;
    return { sessions, session: sessions.open({ caller, groupId: 0n, capabilities: 0x10, transport }) };
  };

  it.each<[SoapTransport, SoapTransport[]]>([
    ['socket', ['tls', 'plain']],
    ['tls', ['socket', 'plain']],
    ['plain', ['socket', 'tls']],
  ])('that was opened over %s works on that alone', (transport, others) => {
    const { sessions, session } = open(transport);
    expect(sessions.get(session.id, transport)).toBe(session);
    for (const other of others) {
      expect(sessions.find(session.id, other)).toBeUndefined();
      expect(() => sessions.get(session.id, other)).toThrow('the session is over');
    }
    sessions.closeAll();
  });
});

describe('calls for unknown sessions', () => {
  it('are answered later from an address that sends many, at once from the others, and are noted once and at each doubling', async () => {
    const lines: unknown[] = [];
    const log = { ...silentLog, warn: (fields: unknown) => void lines.push(fields) } as typeof silentLog;
    let now = 0;
    let waited = 0;
    const guesses = countSessionGuesses(
      () => now,
      log,
      async () => void waited++,
    );
    for (let i = 0; i < 50; i++) await guesses.guessed(peer);
    expect(waited).toBe(0);
    for (let i = 0; i < 101; i++) await guesses.guessed(peer);
    expect(waited).toBe(101);
    expect(lines).toMatchObject([{ audit: true, from: peer.address, count: 51 }, { count: 101 }]);
    await guesses.guessed({ ...peer, address: '192.0.2.8' });
    expect(waited).toBe(101);
    now = 700_000;
    await guesses.guessed(peer);
    expect(waited).toBe(101);
  });
});
