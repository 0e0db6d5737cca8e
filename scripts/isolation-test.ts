import { apiClient, tenantOrder, userOrder } from './clients/api-client.ts';
import { startTemporaryStack } from './local/temporary.ts';

// Tries every route of the API, as the OpenAPI document lists them, with credentials that must not work: none, invented ones, those of another
// tenant, and those whose scope is too small. What another tenant asks for must look just like what does not exist.

const stack = await startTemporaryStack({ durable: false });
const through: string[] = [];
let attempts = 0;
const attempt = (what: string, refused: boolean) => {
  attempts++;
  if (!refused) through.push(what);
};

try {
  const api = apiClient(stack.apiPort ?? 0);
  for (const name of ['mine', 'theirs']) {
    await api('POST', '/v1/tenants', { as: 'provider', body: tenantOrder(name) });
    await api('POST', `/v1/tenants/${name}/users`, { as: 'provider', body: userOrder('user', `${name}.test`) });
    await api('POST', `/v1/tenants/${name}/domains`, { as: 'provider', body: { name: `second.${name}.test` } });
  }
  const makeKey = async (tenant: string, scope: string, domain?: string): Promise<string> =>
    (await api('POST', `/v1/tenants/${tenant}/keys`, { as: 'provider', body: { name: scope, scope, domain } })).body
      .secret;
  const own = await makeKey('mine', 'tenant');
  const small = await makeKey('mine', 'create-users');
  const ofDomain = await makeKey('mine', 'domain', 'second.mine.test');
  const theirs = await makeKey('theirs', 'tenant');
  const theirKey = theirs.split('_')[1] ?? '';

  const bodies: Record<string, unknown> = {
    'POST /v1/tenants': tenantOrder('new'),
    'PUT /v1/tenants/{tenant}/limits': { users: 1 },
    'POST /v1/tenants/{tenant}/delete': {},
    'POST /v1/tenants/{tenant}/domains': { name: 'intruder.test' },
    'POST /v1/tenants/{tenant}/users': userOrder('intruder', 'theirs.test'),
    'PATCH /v1/tenants/{tenant}/users/{login}': { fullName: 'Intruder' },
    'PUT /v1/tenants/{tenant}/users/{login}/password': { password: 'password of intruder' },
    'POST /v1/tenants/{tenant}/keys': { name: 'intruder', scope: 'tenant' },
  };
  const { paths } = (await fetch(`http://127.0.0.1:${stack.apiPort}/v1/openapi.json`).then((response) =>
    response.json(),
  )) as { paths: Record<string, Record<string, { security: object[] }>> };
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { security }]) => ({
      method: method.toUpperCase(),
      path,
      providerOnly: security.length === 1,
    })),
  );
  if (routes.length < 20) throw new Error('the OpenAPI document lists too few routes');
  const fill = (path: string, tenant: string) =>
    path
      .replace('{tenant}', tenant)
      .replace('{login}', `user@${tenant}.test`)
      .replace('{domain}', `second.${tenant}.test`)
      .replace('{key}', theirKey);
  const snapshot = async () =>
    JSON.stringify([
      (await api('GET', '/v1/tenants', { as: 'provider' })).body,
      (await api('GET', '/v1/tenants/theirs/users', { as: 'provider' })).body,
      (await api('GET', '/v1/tenants/theirs/keys', { as: 'provider' })).body,
    ]);
  const before = await snapshot();

  for (const { method, path, providerOnly } of routes) {
    const what = `${method} ${path}`;
    const body = bodies[what];
    const theirPath = fill(path, 'theirs');
    for (const [who, as] of [
      ['nobody', undefined],
      ['an invented key', `kc_${'0'.repeat(32)}_${'A'.repeat(43)}`],
      ['a key with a changed secret', `${theirs.slice(0, -2)}xx`],
      ['garbage', "' OR 1=1"],
    ] as const) {
      attempt(`${what} as ${who}`, (await api(method, theirPath, { as, body })).status === 401);
    }
    for (const key of [own, small, ofDomain]) {
      const foreign = await api(method, theirPath, { as: key, body });
      const absent = await api(method, fill(path, 'absent'), { as: key, body });
      attempt(
        `${what} with another tenant's key`,
        foreign.status === 404 || (foreign.status === 403 && !path.includes('{tenant}')),
      );
      attempt(
        `${what}: foreign and absent look alike`,
        foreign.status === absent.status && JSON.stringify(foreign.body) === JSON.stringify(absent.body),
      );
    }
    if (providerOnly)
      attempt(
        `${what} by the tenant's own key`,
        (await api(method, fill(path, 'mine'), { as: own, body })).status === 403,
      );
    if (what !== 'POST /v1/tenants/{tenant}/users')
      attempt(
        `${what} by a key that only makes users`,
        (await api(method, fill(path, 'mine'), { as: small, body })).status === 403,
      );
  }
  // A key of one domain: users of the tenant's other domain are not there, and none can be made.
  for (const [method, path] of [
    ['GET', ''],
    ['PATCH', ''],
    ['PUT', '/password'],
    ['DELETE', ''],
  ] as const) {
    const answer = await api(method, `/v1/tenants/mine/users/user@mine.test${path}`, {
      as: ofDomain,
      body:
        method === 'PUT' ? { password: 'password of intruder' } : method === 'PATCH' ? { active: false } : undefined,
    });
    attempt(`${method} a user of another domain`, answer.status === 404);
  }
  attempt(
    'a user outside the domain of the key',
    (await api('POST', '/v1/tenants/mine/users', { as: ofDomain, body: userOrder('x', 'mine.test') })).status === 403,
  );
  attempt(
    'an alias outside the domain of the key',
    (
      await api('POST', '/v1/tenants/mine/users', {
        as: ofDomain,
        body: { ...userOrder('x', 'second.mine.test'), aliases: ['x@mine.test'] },
      })
    ).status === 403,
  );
  attempt(
    'a user in a domain of another tenant',
    (await api('POST', '/v1/tenants/mine/users', { as: own, body: userOrder('x', 'theirs.test') })).status === 422,
  );
  attempt(
    'revoking the key of another tenant',
    (await api('DELETE', `/v1/tenants/mine/keys/${theirKey}`, { as: own })).status === 404,
  );
  attempt(
    'removing the domain of another tenant',
    (await api('DELETE', '/v1/tenants/mine/domains/second.theirs.test', { as: own })).status === 404,
  );
  attempt(
    'a Bearer key where IAM is asked for',
    (await fetch(`http://127.0.0.1:${stack.apiPort}/v1/tenants`, { headers: { authorization: `Bearer ${own}` } }))
      .status === 403,
  );
  attempt('nothing of the other tenant has changed', (await snapshot()) === before);
} finally {
  await stack.stop();
}
for (const line of through) console.log(`let through: ${line}`);
console.log(`isolation: ${attempts} attempts, ${through.length} let through`);
process.exit(through.length > 0 ? 1 : 0);
