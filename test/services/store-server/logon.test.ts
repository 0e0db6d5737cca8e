import { describe, expect, it } from 'vitest';
import { logonRequest } from '../../../scripts/clients/soap-client.ts';
import type { ServerContext } from '../../../services/store-server/context.ts';
import { logon } from '../../../services/store-server/logon.ts';
import type { Peer } from '../../../services/store-server/peer.ts';
import { silentLog } from '../../../shared/platform/log.ts';

/** A server whose directory says when a password is checked. */
function server(disable_plaintext_auth: boolean) {
  const checked: string[] = [];
  const reached = (what: string) => () => {
    checked.push(what);
    throw new Error('the password was looked at');
  };
  const proxy = new Proxy({}, { get: (_, name) => reached(String(name)) });
  const context = {
    log: silentLog,
    store: { db: proxy, options: { disable_plaintext_auth } },
    directory: proxy,
    throttle: proxy,
  } as unknown as ServerContext;
  return { context, checked };
}

const peer = (transport: Peer['transport'], loopback: boolean): Peer => ({
  address: loopback ? '127.0.0.1' : '192.0.2.1',
  transport,
  trusted: false,
  loopback,
});

describe('a password', () => {
  const request = logonRequest('anna', 'pass') as Parameters<typeof logon>[1];

  it('is not looked at over plain TCP from elsewhere', async () => {
    const { context, checked } = server(true);
    await expect(logon(context, request, peer('plain', false))).rejects.toMatchObject({ code: 'NO_ACCESS' });
    expect(checked).toEqual([]);
  });

  it.each([
    ['over TLS', true, peer('tls', false)],
    ['from the loopback interface', true, peer('plain', true)],
    ['where the operator allows it', false, peer('plain', false)],
  ])('is taken %s', async (_, disabled, from) => {
    const { context, checked } = server(disabled);
    await expect(logon(context, request, from)).rejects.toThrow('the password was looked at');
    expect(checked.length).toBe(1);
  });
});

it('a client without 64-bit session ids is refused before its credentials are checked', async () => {
  const { context, checked } = server(true);
  const request = { ...logonRequest('anna', 'pass'), ulCapabilities: 59218 & ~0x10 } as Parameters<typeof logon>[1];
  await expect(logon(context, request, peer('tls', false))).rejects.toMatchObject({ code: 'INVALID_VERSION' });
  expect(checked).toEqual([]);
});
