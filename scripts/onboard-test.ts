import { parseArgs } from 'node:util';
import { apiClient, tenantOrder, userOrder } from './clients/api-client.ts';
import { ImapClient } from './clients/imap-client.ts';
import { LmtpClient } from './clients/lmtp-client.ts';
import { startTemporaryStack } from './local/temporary.ts';

// Onboards tenants as a provider would, from the order until a user reads mail, and deletes them again. Each step is checked.

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const TENANTS = values.quick ? 3 : 20;

const stack = await startTemporaryStack({ durable: false });
const problems: string[] = [];
let steps = 0;
let slowest = 0;
const step = (what: string, ok: boolean) => {
  if (ok) steps++;
  else problems.push(what);
};

try {
  const api = apiClient(stack.apiPort ?? 0);
  const lmtp = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
  const canLogIn = async (user: string, password: string) => {
    try {
      const client = await ImapClient.open(stack.port('gateway', 'imaps'), user, password);
      client.close();
      return true;
    } catch {
      return false;
    }
  };
  for (let i = 0; i < TENANTS; i++) {
    const name = `tenant${i}`;
    const domain = `${name}.test`;
    const began = performance.now();
    const made = await api('POST', '/v1/tenants', { as: 'provider', body: tenantOrder(name), idempotencyKey: name });
    slowest = Math.max(slowest, (performance.now() - began) / 1000);
    step(`${name}: ordered`, made.status === 201 && made.body.state === 'ready' && made.body.dns.length > 5);
    step(`${name}: the administrator logs in`, await canLogIn(`admin@${domain}`, 'password of admin'));
    const key = (
      await api('POST', `/v1/tenants/${name}/keys`, { as: 'provider', body: { name: 'helpdesk', scope: 'tenant' } })
    ).body.secret;
    const user = await api('POST', `/v1/tenants/${name}/users`, { as: key, body: userOrder('user', domain) });
    step(`${name}: an administrator makes a user`, user.status === 201 && user.body.login === `user@${domain}`);
    step(
      `${name}: mail is delivered`,
      (await lmtp.send([`user@${domain}`], Buffer.from('Subject: hello\r\n\r\n')))[0]?.startsWith('250') === true,
    );
    await api('PUT', `/v1/tenants/${name}/users/user@${domain}/password`, {
      as: key,
      body: { password: 'another password' },
    });
    step(`${name}: the old password is refused`, !(await canLogIn(`user@${domain}`, 'password of user')));
    step(`${name}: the new one is taken`, await canLogIn(`user@${domain}`, 'another password'));
    await api('POST', `/v1/tenants/${name}/suspend`, { as: 'provider' });
    step(`${name}: suspended, nobody logs in`, !(await canLogIn(`user@${domain}`, 'another password')));
    step(
      `${name}: suspended, no mail comes`,
      (await lmtp.send([`user@${domain}`], Buffer.from('x\r\n')))[0]?.startsWith('550') === true,
    );
    step(
      `${name}: suspended, its keys do nothing`,
      (await api('GET', `/v1/tenants/${name}/users`, { as: key })).status === 403,
    );
    await api('POST', `/v1/tenants/${name}/resume`, { as: 'provider' });
    step(`${name}: resumed`, await canLogIn(`user@${domain}`, 'another password'));
    await api('DELETE', `/v1/tenants/${name}/users/user@${domain}`, { as: key });
    const orphans = await api('GET', `/v1/tenants/${name}/orphans`, { as: key });
    step(
      `${name}: a deleted user leaves the mail`,
      orphans.body.items[0]?.formerLogin === `user@${domain}` && orphans.body.items[0]?.size > 0,
    );
    const audit = await api('GET', `/v1/tenants/${name}/audit`, { as: key });
    step(
      `${name}: the audit trail says who did what`,
      audit.body.items.map((line: { action: string }) => line.action).join(' ') ===
        'tenant.create key.create user.create user.password tenant.suspend tenant.resume user.delete',
    );
    await api('DELETE', `/v1/tenants/${name}/keys/${key.split('_')[1]}`, { as: 'provider' });
    step(`${name}: a revoked key is refused`, (await api('GET', `/v1/tenants/${name}`, { as: key })).status === 401);
    await api('POST', `/v1/tenants/${name}/delete`, { as: 'provider', body: { graceDays: 7 } });
    step(
      `${name}: marked for removal`,
      (await api('GET', `/v1/tenants/${name}`, { as: 'provider' })).body.state === 'deleting',
    );
  }
  lmtp.close();
} finally {
  await stack.stop();
}
for (const problem of problems) console.log(`failed: ${problem}`);
console.log(`onboard-test: ready in ${slowest.toFixed(2)} s, ${steps} steps ok`);
process.exit(problems.length > 0 || slowest > 5 ? 1 : 0);
