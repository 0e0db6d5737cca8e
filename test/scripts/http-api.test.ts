import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveHttpApi } from '../../scripts/local/http-api.ts';
import { freePort } from '../../scripts/local/ports.ts';

interface ProxyEvent {
  version: string;
  routeKey: string;
  rawPath: string;
  queryStringParameters: Record<string, string>;
  pathParameters: Record<string, string>;
  headers: Record<string, string>;
  requestContext: { http: { method: string } };
  body?: string;
}

const echo = {
  invoke: async (event: unknown) => ({
    statusCode: 201,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  }),
};
const broken = {
  invoke: async () => {
    throw new Error('no');
  },
};

let port: number;
let stop: () => Promise<void>;

beforeAll(async () => {
  port = await freePort();
  stop = await serveHttpApi(
    [
      { key: 'GET /v1/tenants/{tenant}', host: echo },
      { key: 'POST /v1/tenants', host: echo },
      { key: 'ANY /v1/tenants/{tenant}/{proxy+}', host: echo },
      { key: 'GET /broken', host: broken },
    ],
    port,
  );
});
afterAll(() => stop());

const call = async (method: string, path: string, body?: string) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, body, headers: { 'x-a': 'b' } });
  return { status: response.status, event: (await response.json()) as ProxyEvent };
};

describe('the routes of an HTTP API', () => {
  it('reach their function with payload format 2.0', async () => {
    const { status, event } = await call('POST', '/v1/tenants?x=1', '{"name":"a"}');
    expect(status).toBe(201);
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'POST /v1/tenants',
      queryStringParameters: { x: '1' },
      body: '{"name":"a"}',
    });
    expect(event.headers['x-a']).toBe('b');
  });

  it('take parameters from the path, and the most telling route counts', async () => {
    expect((await call('GET', '/v1/tenants/a%20b')).event.pathParameters).toEqual({ tenant: 'a b' });
    expect((await call('DELETE', '/v1/tenants/a/users/b')).event).toMatchObject({
      routeKey: 'ANY /v1/tenants/{tenant}/{proxy+}',
      pathParameters: { tenant: 'a', proxy: 'users/b' },
    });
  });

  it('one that is not there is 404, a function that fails is 500', async () => {
    expect((await call('DELETE', '/v1/tenants/a')).status).toBe(404);
    expect((await call('GET', '/broken')).status).toBe(500);
    expect((await fetch(`http://127.0.0.1:${port}/v1/tenants/%ff`)).status).toBe(400);
  });
});
