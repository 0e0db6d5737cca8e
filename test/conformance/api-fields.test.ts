import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, apiClient } from '../../scripts/clients/api-client.ts';
import {
  type Fixture,
  fillPath,
  makeFixture,
  type Operation,
  optionalFields,
  readOperations,
  validBody,
  without,
} from '../../scripts/fuzz/api-requests.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';

// Every route that takes a body, with all its fields, without each one that may be left out, and without all of them; each way with an
// Idempotency-Key where the route takes one.

let stack: TemporaryStack;
let api: ApiClient;
let fixture: Fixture;
let operations: Operation[];
let number = 0;

beforeAll(async () => {
  stack = await startTemporaryStack({ durable: false });
  api = apiClient(stack.apiPort ?? 0);
  fixture = await makeFixture(api, 'fields');
  operations = await readOperations(stack.apiPort ?? 0);
});
afterAll(() => stack?.stop());

/** Values that must fit each other, which the schema alone does not say. */
function fitting({ path }: Operation, body: unknown): unknown {
  const fields = body as Record<string, unknown> & { admin?: { quota?: object }; limits?: object };
  // The first mailbox is in the domain of the order, and has a quota where there is a limit of bytes.
  if (path === '/v1/tenants') {
    const login = `admin@${fields.domain}`;
    const limits = fields.admin?.quota ? fields.limits : { ...fields.limits, bytes: 0 };
    return { ...fields, admin: { ...fields.admin, login, email: login }, ...(fields.limits ? { limits } : {}) };
  }
  if (path.endsWith('/keys'))
    return 'domain' in fields ? { ...fields, scope: 'domain', domain: fixture.domain } : { ...fields, scope: 'tenant' };
  if (path.endsWith('/domains')) return { ...fields, name: `${fields.name}.test` };
  if (path.endsWith('/limits')) return { ...fields, domains: 0, users: 0, groups: 0, bytes: 0 };
  return fields;
}

async function accepted(operation: Operation, body: unknown, idempotencyKey?: string): Promise<string | undefined> {
  const { method, path, success } = operation;
  const login = method === 'PATCH' && path.includes('{login}') ? await fixture.newUser() : (fixture.path.login ?? '');
  const target = fillPath(path, { ...fixture.path, login });
  const answer = await api(method, target, { as: 'provider', body, idempotencyKey });
  // Suspended or deleting, a tenant can do nothing more.
  if (path.endsWith('/delete')) await api('POST', '/v1/tenants/fields/resume', { as: 'provider' });
  if (answer.status === success) return undefined;
  return `${method} ${path} ${JSON.stringify(body)}: ${answer.status} ${JSON.stringify(answer.body)}`;
}

describe('the onboarding API', () => {
  it('takes every body with and without each optional field, and with an idempotency key', async () => {
    const refused: (string | undefined)[] = [];
    let calls = 0;
    for (const operation of operations) {
      const { body: schema } = operation;
      if (!schema) continue;
      const keyed = operation.parameters.some(({ name }) => name === 'Idempotency-Key');
      const optional = optionalFields(schema);
      const leftOut = [[], ...optional.map((field) => [field]), optional];
      for (const fields of leftOut)
        for (const key of keyed ? [undefined, `key ${number}`] : [undefined]) {
          const all = validBody(schema, fixture, ++number);
          // The inner ones first: without `admin` there is no `admin.quota` to take out.
          const body = fields.toSorted((a, b) => b.length - a.length).reduce(without, all);
          refused.push(await accepted(operation, fitting(operation, body), key));
          calls++;
        }
    }
    expect(refused.filter(Boolean)).toEqual([]);
    expect(calls).toBeGreaterThan(80);
  });

  it('repeats the stored answer for the same key, without fields that the first lacked, and refuses the key with another password', async () => {
    const body = {
      login: 'kept@fields.test',
      email: 'kept@fields.test',
      password: 'a long password',
      fullName: 'Kept',
    };
    const call = { as: 'provider', body, idempotencyKey: 'kept' };
    const first = await api('POST', '/v1/tenants/fields/users', call);
    expect(first).toMatchObject({ status: 201, body: { login: 'kept@fields.test' } });
    expect(await api('POST', '/v1/tenants/fields/users', call)).toEqual(first);
    const other = { ...call, body: { ...body, password: 'another password' } };
    expect(await api('POST', '/v1/tenants/fields/users', other)).toMatchObject({ status: 422 });
  });

  it('knows a name exactly as it is, and parameters that it has documented only', async () => {
    const status = async (path: string) => (await api('GET', path, { as: 'provider' })).status;
    for (const name of ['fields%20', '%20fields', 'FIELDS', 'fields%00', 'fields%09', 'fields%c2%a0'])
      expect([name, await status(`/v1/tenants/${name}`)]).toEqual([name, 404]);
    for (const login of ['kept@fields.test%20', '%20kept@fields.test', 'kept@fields.test%0a'])
      expect([login, await status(`/v1/tenants/fields/users/${login}`)]).toEqual([login, 404]);
    expect(await status('/v1/tenants/fields/groups/group%20')).toBe(404);
    for (const query of [
      'audit?after=1e400',
      'audit?after=-1',
      'audit?after=x',
      'audit?befor=1',
      'queue?after=xyz',
      'users?after=a&b=c',
    ])
      expect([query, await status(`/v1/tenants/fields/${query}`)]).toEqual([query, 422]);
    expect(await status('/v1/tenants/fields/audit?after=1')).toBe(200);
  });
});
