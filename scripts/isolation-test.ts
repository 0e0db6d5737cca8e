import { spawn } from 'node:child_process';
import { apiClient, tenantOrder, userOrder } from './clients/api-client.ts';
import { SubmissionClient } from './clients/submission-client.ts';
import { idsOf } from './isolation/soap-ids.ts';
import { tryOperations } from './isolation/soap-matrix.ts';
import { startTemporaryStack } from './local/temporary.ts';

// Tries every route of the OpenAPI document with credentials that must not work: none, invented ones, those of another tenant, and those with
// too small a scope; then the commands, with one tenant given and the objects of another. Objects of another tenant must get the same answers
// as objects that do not exist. The operations of Kopano's own protocol are tried by the files in isolation/.

// No server listens on this port: submitted messages stay in the queue.
const stack = await startTemporaryStack({ durable: false, options: { smtp_server: '127.0.0.1', smtp_port: 9 } });
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
    await api('POST', `/v1/tenants/${name}/groups`, { as: 'provider', body: { name: `group-${name}` } });
    for (const user of ['second', 'gone'])
      await api('POST', `/v1/tenants/${name}/users`, { as: 'provider', body: userOrder(user, `${name}.test`) });
    await api('PUT', `/v1/tenants/${name}/users/user@${name}.test/send-as/second@${name}.test`, { as: 'provider' });
    await api('DELETE', `/v1/tenants/${name}/users/gone@${name}.test`, { as: 'provider' });
    await api('PUT', `/v1/tenants/${name}/groups/group-${name}/users/user@${name}.test`, { as: 'provider' });
    const client = await SubmissionClient.open(
      stack.port('submission', 'submissions'),
      `user@${name}.test`,
      'password of user',
    );
    await client.send(`user@${name}.test`, ['x@out.test'], Buffer.from(`From: user@${name}.test\r\n\r\nqueued`));
    client.close();
  }
  const theirQueued = (await api('GET', '/v1/tenants/theirs/queue', { as: 'provider' })).body.items[0]?.id ?? '';
  const theirOrphan = (await api('GET', '/v1/tenants/theirs/orphans', { as: 'provider' })).body.items[0]?.guid ?? '';
  if (theirQueued === '' || theirOrphan === '') throw new Error('the other tenant has nothing to find');
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
    'PUT /v1/tenants/{tenant}/quota': { warn: 1 },
    'POST /v1/tenants/{tenant}/groups': { name: 'intruders' },
    'PATCH /v1/tenants/{tenant}/groups/{group}': { fullName: 'Intruders' },
    'POST /v1/tenants/{tenant}/users/{login}/deleted/restore': {},
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
  if (routes.length < 40) throw new Error('the OpenAPI document lists too few routes');
  const fill = (path: string, tenant: string) =>
    path
      .replace('{tenant}', tenant)
      .replace('{login}', `user@${tenant}.test`)
      .replace('{domain}', `second.${tenant}.test`)
      .replace('{key}', theirKey)
      .replace('{group}', `group-${tenant}`)
      .replace('{kind}', 'users')
      .replace('{member}', `user@${tenant}.test`)
      .replace('{delegate}', `second@${tenant}.test`)
      .replace('{guid}', theirOrphan)
      .replace('{id}', theirQueued);
  const snapshot = async () =>
    JSON.stringify([
      (await api('GET', '/v1/tenants', { as: 'provider' })).body,
      (await api('GET', '/v1/tenants/theirs/users', { as: 'provider' })).body,
      (await api('GET', '/v1/tenants/theirs/keys', { as: 'provider' })).body,
      (await api('GET', '/v1/tenants/theirs/groups', { as: 'provider' })).body,
      (await api('GET', '/v1/tenants/theirs/quota', { as: 'provider' })).body,
      (await api('GET', '/v1/tenants/theirs/orphans', { as: 'provider' })).body,
      (await api('GET', '/v1/tenants/theirs/users/user@theirs.test/send-as', { as: 'provider' })).body,
      (await api('GET', '/v1/tenants/theirs/queue', { as: 'provider' })).body.items.map(({ id }: { id: string }) => id),
    ]);
  const ids = { mine: await idsOf(stack, 'mine'), theirs: await idsOf(stack, 'theirs') };
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
  // With a key of one domain, users of the tenant's other domain do not exist and cannot be created.
  for (const [method, path] of [
    ['GET', ''],
    ['PATCH', ''],
    ['PUT', '/password'],
    ['DELETE', ''],
    ['GET', '/send-as'],
    ['PUT', '/send-as/second@mine.test'],
    ['DELETE', '/send-as/second@mine.test'],
    ['GET', '/deleted'],
    ['POST', '/deleted/restore'],
  ] as const) {
    const answer = await api(method, `/v1/tenants/mine/users/user@mine.test${path}`, {
      as: ofDomain,
      body:
        path === '/password'
          ? { password: 'password of intruder' }
          : method === 'PATCH'
            ? { active: false }
            : method === 'POST'
              ? {}
              : undefined,
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
  await api('POST', '/v1/tenants/mine/users', { as: ofDomain, body: userOrder('own', 'second.mine.test') });
  for (const [what, body] of [
    ['an administrator made by a key of one domain', { adminLevel: 1 }],
    ['a login moved out of the domain of the key', { login: 'own@mine.test' }],
    ['an address moved out of the domain of the key', { email: 'own@mine.test' }],
  ] as const)
    attempt(
      what,
      (await api('PATCH', '/v1/tenants/mine/users/own@second.mine.test', { as: ofDomain, body })).status === 403,
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
  // Objects of the other tenant, requested under the path of the own tenant.
  for (const [method, path, body] of [
    ['PUT', '/groups/group-mine/users/user@theirs.test'],
    ['PUT', '/groups/group-mine/groups/group-theirs'],
    ['GET', '/groups/group-theirs'],
    ['GET', '/users/user@theirs.test'],
    ['PUT', '/users/user@mine.test/send-as/user@theirs.test'],
    ['PUT', '/users/user@theirs.test/send-as/user@mine.test'],
    ['GET', '/users/user@theirs.test/deleted'],
    ['POST', '/users/user@theirs.test/deleted/restore', {}],
    ['DELETE', `/orphans/${theirOrphan}`],
    ['DELETE', `/queue/${theirQueued}`],
    ['POST', `/queue/${theirQueued}/retry`],
    ['GET', '/domains/theirs.test/dns'],
  ] as const)
    attempt(
      `${method} ${path} within another tenant`,
      (await api(method, `/v1/tenants/mine${path}`, { as: own, body })).status === 404,
    );
  attempt(
    'a user of another tenant in the address book',
    (await api('GET', '/v1/tenants/mine/address-book?q=user', { as: own })).body.items.length === 1,
  );
  attempt(
    'an address of another tenant for a group',
    (await api('POST', '/v1/tenants/mine/groups', { as: own, body: { name: 'x', email: 'x@theirs.test' } })).status ===
      422,
  );
  await tryOperations(stack, ids, attempt);
  await tryCommands(theirQueued, theirOrphan);
  attempt('nothing of the other tenant has changed', (await snapshot()) === before);
} finally {
  await stack.stop();
}
for (const line of through) console.log(`let through: ${line}`);
console.log(`isolation: ${attempts} attempts, ${through.length} let through`);
process.exit(through.length > 0 ? 1 : 0);

/** The commands are the provider's; with one company (tenant) given, they must not change another. */
async function tryCommands(queued: string, orphan: string): Promise<void> {
  const foreign = { user: 'user@theirs.test', group: 'group-theirs', queued, orphan };
  const absent = { user: 'nobody@mine.test', group: 'no-group', queued: 'ab'.repeat(16), orphan: 'ab'.repeat(16) };
  const commands = ({ user, group, queued: message, orphan: store }: typeof foreign): string[][] => [
    ['kopano-admin', '--details', user],
    ['kopano-admin', '-u', user, '-f', 'Intruder'],
    ['kopano-admin', '-d', user],
    ['kopano-admin', '--list-sendas', user],
    ['kopano-admin', '-u', 'user@mine.test', '--add-sendas', user],
    ['kopano-admin', '-u', user, '--add-sendas', 'user@mine.test'],
    ['kopano-admin', '--details', group, '--type', 'group'],
    ['kopano-admin', '--update-group', group, '-f', 'Intruders'],
    ['kopano-admin', '-G', group],
    ['kopano-admin', '-b', user, '-i', 'group-mine'],
    ['kopano-admin', '-b', 'user@mine.test', '-i', group],
    ['kopano-admin', '--hook-store', store, '-u', 'user@mine.test'],
    ['kopano-admin', '--remove-store', store],
    ['kopano-admin', '--unhook-store', user],
    ['kopano-admin', '--create-store', user],
    ['kopano-admin', '--add-userquota-recipient', user],
    ['kopano-storeadm', '-A', store, '-n', 'user@mine.test'],
    ['kopano-storeadm', '-R', store],
    ['kopano-storeadm', '-D', '-n', user],
    ['kopano-queue', '--retry', message],
    ['kopano-queue', '--delete', message],
    ['kopano-restore', '-u', user, '--list'],
    ['kopano-restore', '-u', user, '--all'],
  ];
  const theirs = commands(foreign);
  const nobodys = commands(absent);
  for (const [i, [program = '', ...args]] of theirs.entries()) {
    const company = [program === 'kopano-storeadm' ? '-k' : '-I', 'mine'];
    const [reached, missed] = await Promise.all([
      command(program, [...args, ...company]),
      command(program, [...(nobodys[i]?.slice(1) ?? []), ...company]),
    ]);
    attempt(`${program} ${args.join(' ')} in another company`, reached.status !== 0);
    attempt(`${program} ${args.join(' ')}: foreign and absent look alike`, reached.stderr === missed.stderr);
  }
}

function command(program: string, args: string[]): Promise<{ status: number; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [`scripts/kopano/${program}.ts`, ...args], {
      env: { ...process.env, ...stack.environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    child.once('close', (code) => resolve({ status: code ?? -1, stderr }));
  });
}
