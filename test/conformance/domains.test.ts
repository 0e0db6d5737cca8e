import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiAnswer, type ApiClient, apiClient, tenantOrder, userOrder } from '../../scripts/clients/api-client.ts';
import { ImapClient } from '../../scripts/clients/imap-client.ts';
import { LmtpClient } from '../../scripts/clients/lmtp-client.ts';
import { type SmtpSink, startSmtpSink } from '../../scripts/clients/smtp-sink.ts';
import { SubmissionClient } from '../../scripts/clients/submission-client.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';
import { startDns, type TestDns } from '../support/dns-server.ts';

// Domains that are claimed by a tenant's key, with a name server of the test's own.

let dns: TestDns;
let sink: SmtpSink;
let stack: TemporaryStack;
let api: ApiClient;
const keys: Record<string, string> = {};

beforeAll(async () => {
  [dns, sink] = [await startDns(), await startSmtpSink()];
  stack = await startTemporaryStack({
    durable: false,
    dnsServer: dns.address,
    options: { smtp_server: '127.0.0.1', smtp_port: sink.port, deliver_local_directly: true },
  });
  api = apiClient(stack.apiPort ?? 0);
  for (const name of ['claimant', 'neighbour']) {
    await api('POST', '/v1/tenants', { as: 'provider', body: tenantOrder(name) });
    const key = await api('POST', `/v1/tenants/${name}/keys`, { as: 'provider', body: { name: 'k', scope: 'tenant' } });
    keys[name] = key.body.secret;
  }
});
afterAll(async () => {
  await stack?.stop();
  await sink?.stop();
  dns?.stop();
});

const claim = (name: string, tenant = 'claimant', more = {}): Promise<ApiAnswer> =>
  api('POST', `/v1/tenants/${tenant}/domains`, { as: keys[tenant], body: { name, ...more } });
const verify = (name: string, tenant = 'claimant'): Promise<ApiAnswer> =>
  api('POST', `/v1/tenants/${tenant}/domains/${name}/verify`, { as: keys[tenant] });
const make = (user: object): Promise<ApiAnswer> =>
  api('POST', '/v1/tenants/claimant/users', { as: keys.claimant, body: user });
/** Publishes what the answer of a claim says. */
const publish = ({ body }: ApiAnswer): void => void dns.txt.set(body.dns[0].name, [body.dns[0].value]);

async function submit(from: string, to: string, subject: string): Promise<number | undefined> {
  const name = from.split('@')[0];
  const client = await SubmissionClient.open(stack.port('submission', 'submissions'), from, `password of ${name}`);
  const text = `From: ${from}\r\nTo: ${to}\r\nSubject: ${subject}\r\n\r\ntext\r\n`;
  try {
    return await client.send(from, [to], Buffer.from(text));
  } finally {
    client.close();
  }
}

const lmtp = async (to: string): Promise<string> => {
  const client = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
  const [reply = ''] = await client.send([to], Buffer.from('Subject: x\r\n\r\nx\r\n'));
  client.close();
  return reply;
};

describe('a domain that a tenant claims', () => {
  it('brings nothing before its proof: no addresses, no logins, no mail that stays inside; and all of it after', async () => {
    const claimed = await claim('bank.com');
    expect(claimed).toMatchObject({ status: 201, body: { name: 'bank.com', verified: false } });
    expect(claimed.body.dns[0]).toMatchObject({
      type: 'TXT',
      name: '_pamoja-challenge.bank.com',
      value: expect.stringMatching(/^pamoja-verification=[\w-]{43}$/),
    });
    const inDomain = userOrder('boss', 'bank.com');
    const login = 'boss@claimant.test';
    for (const user of [
      inDomain,
      { ...inDomain, login },
      { ...inDomain, login, email: login, aliases: [inDomain.email] },
    ])
      expect(await make(user)).toMatchObject({ status: 422 });
    expect(
      await api('POST', '/v1/tenants/claimant/groups', {
        as: keys.claimant,
        body: { name: 'all', email: 'all@bank.com' },
      }),
    ).toMatchObject({ status: 422 });
    expect(
      await api('POST', '/v1/tenants/claimant/keys', {
        as: keys.claimant,
        body: { name: 'd', scope: 'domain', domain: 'bank.com' },
      }),
    ).toMatchObject({ status: 422 });
    expect(await lmtp('boss@bank.com')).toMatch(/^550 5\.1\.1/);
    expect(await submit('admin@neighbour.test', 'boss@bank.com', 'to the real bank')).toBe(250);
    const outside = () => sink.messages.find(({ recipients }) => recipients.includes('boss@bank.com'));
    await expect.poll(outside, { timeout: 20_000 }).toMatchObject({ sender: 'admin@neighbour.test' });

    expect(await verify('bank.com')).toMatchObject({ status: 409, body: { type: '/problems/not-proved' } });
    publish(claimed);
    const proved = await verify('bank.com');
    expect(proved).toMatchObject({ status: 200, body: { name: 'bank.com', verified: true } });
    expect(proved.body.dns.map(({ purpose }: { purpose: string }) => purpose)).toContain('DKIM (RFC 6376)');
    expect(await verify('bank.com')).toMatchObject({ status: 200, body: { verified: true } });
    expect(await make(inDomain)).toMatchObject({ status: 201 });
    expect(await lmtp('boss@bank.com')).toMatch(/^250/);
    (await ImapClient.open(stack.port('gateway', 'imaps'), 'boss@bank.com', 'password of boss')).close();
    expect((await api('GET', '/v1/tenants/claimant', { as: keys.claimant })).body.domains).toContain('bank.com');
    expect((await api('GET', '/v1/tenants/claimant/audit', { as: keys.claimant })).body.items).toContainEqual(
      expect.objectContaining({ action: 'domain.verify', object: 'bank.com' }),
    );
  });

  it('is also proved by the scheduled check, and not by another tenant’s token', async () => {
    const [own, other] = [await claim('shop.com'), await claim('shop.com', 'neighbour')];
    expect(own.body.dns[0].value).not.toBe(other.body.dns[0].value);
    publish(other);
    expect(await verify('shop.com')).toMatchObject({ status: 409 });
    await stack.fire('DomainCheck');
    const domains = (await api('GET', '/v1/tenants/neighbour/domains', { as: keys.neighbour })).body.items;
    expect(domains).toContainEqual(expect.objectContaining({ name: 'shop.com', verified: true }));
    publish(own);
    expect(await verify('shop.com')).toMatchObject({ status: 409, body: { type: '/problems/conflict' } });
    expect((await api('DELETE', '/v1/tenants/claimant/domains/shop.com', { as: keys.claimant })).status).toBe(204);
  });

  it('is no reserved name, nothing above or below another tenant’s, and not vouched for by the tenant itself', async () => {
    for (const name of ['co.uk', 'free.test', 'mail.example.com', 'localhost.localdomain.localhost'])
      expect(await claim(name)).toMatchObject({ status: 422 });
    expect(await claim('sub.neighbour.com')).toMatchObject({ status: 201 });
    const proved = await claim('top.com', 'neighbour');
    publish(proved);
    await verify('top.com', 'neighbour');
    for (const name of ['top.com', 'mail.top.com']) expect(await claim(name)).toMatchObject({ status: 409 });
    expect(await claim('mine.com', 'claimant', { verified: true })).toMatchObject({ status: 403 });
    const vouched = { name: 'mail.top.com', verified: true };
    expect(await api('POST', '/v1/tenants/claimant/domains', { as: 'provider', body: vouched })).toMatchObject({
      status: 201,
      body: { verified: true },
    });
    const asked = { name: 'asked.com', verified: false };
    expect(await api('POST', '/v1/tenants/claimant/domains', { as: 'provider', body: asked })).toMatchObject({
      status: 201,
      body: { verified: false },
    });
  });
});
