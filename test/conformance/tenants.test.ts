import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, apiClient, tenantOrder, userOrder } from '../../scripts/clients/api-client.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';
import { run } from '../support/run.ts';

let stack: TemporaryStack;
let api: ApiClient;

beforeAll(async () => {
  stack = await startTemporaryStack({ durable: false });
  api = apiClient(stack.apiPort ?? 0);
});
afterAll(() => stack?.stop());

describe('the onboarding API', () => {
  it('makes a tenant for curl with a signed request', async () => {
    const made = await run('curl', [
      '-s',
      '--aws-sigv4',
      'aws:amz:us-east-1:execute-api',
      '--user',
      'test:test',
      '-d',
      JSON.stringify(tenantOrder('curl')),
      `http://127.0.0.1:${stack.apiPort}/v1/tenants`,
    ]);
    expect(JSON.parse(made.stdout)).toMatchObject({
      name: 'curl',
      state: 'ready',
      domains: ['curl.test'],
      dns: expect.arrayContaining([expect.objectContaining({ type: 'MX', value: '10 mail.example.com.' })]),
    });
  });

  it('gives the same answer to the same idempotency key, also at once, and refuses the key for something else', async () => {
    const call = { as: 'provider', body: tenantOrder('idem'), idempotencyKey: 'order-1' };
    const answers = await Promise.all(Array.from({ length: 4 }, () => api('POST', '/v1/tenants', call)));
    for (const { status } of answers) expect([201, 409]).toContain(status);
    const [first, again] = [await api('POST', '/v1/tenants', call), await api('POST', '/v1/tenants', call)];
    expect(first).toMatchObject({ status: 201 });
    expect(again).toEqual(first);
    expect(await api('POST', '/v1/tenants', { ...call, body: tenantOrder('other') })).toMatchObject({
      status: 422,
      body: { type: '/problems/idempotency-key-reused' },
    });
    expect(
      (await api('GET', '/v1/tenants', { as: 'provider' })).body.items.filter(
        ({ name }: { name: string }) => name === 'idem',
      ),
    ).toHaveLength(1);
  });

  it('names each wrong field in the problem details', async () => {
    expect(await api('POST', '/v1/tenants', { as: 'provider', body: '{not json' })).toMatchObject({
      status: 400,
      body: { type: '/problems/not-json', status: 400 },
    });
    const invalid = await api('POST', '/v1/tenants', {
      as: 'provider',
      body: { ...tenantOrder('x1'), domain: 'no domain', extra: 1 },
    });
    expect(invalid).toMatchObject({
      status: 422,
      body: {
        type: '/problems/invalid',
        errors: expect.arrayContaining([expect.objectContaining({ path: 'domain' })]),
      },
    });
    expect(await api('GET', '/v1/nothing', { as: 'provider' })).toMatchObject({ status: 404 });
    expect(await api('DELETE', '/v1/tenants', { as: 'provider' })).toMatchObject({ status: 405 });
    expect(
      await api('POST', '/v1/tenants', {
        as: 'provider',
        body: { ...tenantOrder('x2'), admin: { ...tenantOrder('x2').admin, email: 'admin@elsewhere.test' } },
      }),
    ).toMatchObject({ status: 422, body: { detail: expect.stringContaining('not in a domain') } });
  });

  it('pages lists, and a tenant’s limits hold against its own administrator', async () => {
    await api('POST', '/v1/tenants', { as: 'provider', body: tenantOrder('pages', { users: 104 }) });
    const key = (await api('POST', '/v1/tenants/pages/keys', { as: 'provider', body: { name: 'k', scope: 'tenant' } }))
      .body.secret;
    const statuses: number[] = [];
    for (let i = 0; i < 104; i++)
      statuses.push(
        (
          await api('POST', '/v1/tenants/pages/users', {
            as: key,
            body: userOrder(`u${String(i).padStart(3, '0')}`, 'pages.test'),
          })
        ).status,
      );
    expect(statuses.filter((status) => status === 201)).toHaveLength(103);
    expect(statuses.at(-1)).toBe(409);
    expect(await api('PUT', '/v1/tenants/pages/limits', { as: key, body: { users: 1000 } })).toMatchObject({
      status: 403,
    });
    const first = (await api('GET', '/v1/tenants/pages/users', { as: key })).body;
    const second = (await api('GET', `/v1/tenants/pages/users?after=${encodeURIComponent(first.next)}`, { as: key }))
      .body;
    expect([first.items.length, second.items.length, second.next]).toEqual([100, 4, undefined]);
  });

  it('serves an OpenAPI 3.1 document of every route, with the schemas that check them', async () => {
    const document = (await fetch(`http://127.0.0.1:${stack.apiPort}/v1/openapi.json`).then((response) =>
      response.json(),
    )) as {
      openapi: string;
      paths: Record<
        string,
        Record<string, { requestBody?: { content: Record<string, { schema: { required: string[] } }> } }>
      >;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(document.paths['/v1/tenants']?.post?.requestBody?.content['application/json']?.schema.required).toEqual([
      'name',
      'domain',
      'admin',
    ]);
    expect(Object.keys(document.paths).length).toBeGreaterThan(12);
  });
});
