import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openApi } from '../../../shared/http/openapi.ts';
import { PROBLEM_BY_CODE, PROBLEMS, ProblemError, problemKind } from '../../../shared/http/problem.ts';
import { routesOf } from '../../../shared/http/route.ts';
import { createRouter, type HttpRequest, type RepeatableRequest } from '../../../shared/http/router.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';

// An API made up for the test: a library whose readers may look, and whose librarians may change.

interface Scope {
  reader: string;
}

type Audience = 'reader' | 'librarian';

const { withBody, withoutBody } = routesOf<Scope, Audience>();
const book = z.object({ title: z.string(), copies: z.number().int() });
const seen: unknown[] = [];

const ROUTES = [
  withoutBody({
    method: 'GET',
    path: '/v1/books',
    summary: 'Lists books',
    audience: 'reader',
    query: z.strictObject({ after: z.string().max(5).optional().describe('the title before') }),
    status: 200,
    answer: z.object({ items: z.array(book) }),
    run: async ({ query, reader }) => ({ items: [{ title: `${reader} after ${query.after ?? ''}`, copies: 1 }] }),
  }),
  withBody({
    method: 'POST',
    path: '/v1/books',
    summary: 'Adds a book',
    audience: 'librarian',
    body: z.strictObject({ title: z.string().min(1), copies: z.number().int().default(1) }),
    status: 201,
    answer: book,
    idempotent: true,
    async run({ body }) {
      seen.push(body);
      return body;
    },
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/books/{title}',
    summary: 'Shows a book',
    audience: 'reader',
    status: 200,
    answer: book,
    async run({ path }) {
      if (path.title === 'lost') throw new PamojaError('NOT_FOUND', 'no such book');
      if (path.title === 'burnt') throw new PamojaError('TOO_BIG', 'not in the table');
      if (path.title === 'torn') throw new TypeError('broken');
      return { title: path.title, copies: 1 };
    },
  }),
  withoutBody({
    method: 'DELETE',
    path: '/v1/books/{title}',
    summary: 'Removes a book',
    audience: 'librarian',
    status: 204,
    answer: undefined,
    run: async () => 'ignored',
  }),
];

const FULL = problemKind(507, 'full', 'The shelves are full');
const INFO = {
  title: 'Library',
  version: '1',
  securitySchemes: { card: { type: 'http', scheme: 'bearer' }, badge: { type: 'http', scheme: 'basic' } },
  schemesOf: (audience: Audience) => (audience === 'reader' ? ['card', 'badge'] : ['badge']),
};

const errors: unknown[] = [];
const repeated: RepeatableRequest[] = [];
const route = createRouter<Scope, Audience>({
  routes: ROUTES,
  problems: { ...PROBLEM_BY_CODE, UNABLE_TO_COMPLETE: FULL },
  routePath: (path) => path.replace(/^\/inner/, ''),
  documents: { '/v1/openapi.json': () => openApi(ROUTES, INFO) },
  async runOnce(_scope, request, run) {
    repeated.push(request);
    return run();
  },
});

async function ask(method: string, path: string, rest: Partial<HttpRequest> = {}) {
  const { status, headers, body } = await route(
    { method, path, query: {}, headers: { reader: 'ann' }, body: '', ...rest },
    {
      async authorize({ audience }, parameters) {
        const reader = rest.headers?.reader ?? 'ann';
        if (reader === '') throw new ProblemError(PROBLEMS.unauthorized);
        if (audience === 'librarian' && reader !== 'ann') throw new ProblemError(PROBLEMS.forbidden);
        return { reader: `${reader}${parameters.title ?? ''}` };
      },
      onError: (error) => errors.push(error),
    },
  );
  return { status, type: headers['content-type'], body: body === undefined ? undefined : JSON.parse(body) };
}

const problemType = async (...call: Parameters<typeof ask>) => {
  const { status, type, body } = await ask(...call);
  expect(type).toBe('application/problem+json');
  expect(body.status).toBe(status);
  return [status, body.type];
};

describe('a router', () => {
  it('runs the route of the method and the path, with the result of the authorization', async () => {
    expect(await ask('GET', '/v1/books', { query: { after: 'B' } })).toEqual({
      status: 200,
      type: 'application/json',
      body: { items: [{ title: 'ann after B', copies: 1 }] },
    });
    expect((await ask('GET', '/v1/books/War%20and%20Peace')).body.title).toBe('War and Peace');
    expect((await ask('GET', '/inner/v1/books/Emma')).body.title).toBe('Emma');
  });

  it('answers 204 without a body, whatever the route gives', async () => {
    expect(await ask('DELETE', '/v1/books/Emma')).toEqual({ status: 204, type: undefined, body: undefined });
  });

  it('gives the body to the route as its schema has made it', async () => {
    expect(await ask('POST', '/v1/books', { body: '{"title":"Emma"}' })).toMatchObject({
      status: 201,
      body: { title: 'Emma', copies: 1 },
    });
    expect(seen.at(-1)).toEqual({ title: 'Emma', copies: 1 });
  });

  it('tells an unknown path from a method that the path does not allow', async () => {
    expect(await problemType('GET', '/v1/films')).toEqual([404, '/problems/not-found']);
    expect(await problemType('GET', '/v1/books/a/b')).toEqual([404, '/problems/not-found']);
    expect(await problemType('PATCH', '/v1/books')).toEqual([405, '/problems/method-not-allowed']);
  });

  it.each(['%20Emma', 'Emma%20', 'a%00b', '%ff', '%'])('finds nothing under the impossible name %j', async (name) => {
    expect(await problemType('GET', `/v1/books/${name}`)).toEqual([404, '/problems/not-found']);
  });

  it('authorizes before it reads query and body', async () => {
    const headers = { reader: 'bob' };
    expect(await problemType('POST', '/v1/books', { headers, body: 'no JSON' })).toEqual([403, '/problems/forbidden']);
    expect(await problemType('GET', '/v1/books', { headers: { reader: '' }, query: { x: '1' } })).toEqual([
      401,
      '/problems/unauthorized',
    ]);
  });

  it('names the fields of a body and a query that are not valid', async () => {
    const { status, body } = await ask('POST', '/v1/books', { body: '{"title":"","copies":1.5}' });
    expect(status).toBe(422);
    expect(body.errors.map(({ path }: { path: string }) => path)).toEqual(['title', 'copies']);
    expect(await problemType('POST', '/v1/books', { body: '{' })).toEqual([400, '/problems/not-json']);
    expect(await problemType('GET', '/v1/books', { query: { after: 'too long' } })).toEqual([422, '/problems/invalid']);
    expect(await problemType('GET', '/v1/books', { query: { afer: 'x' } })).toEqual([422, '/problems/invalid']);
    expect(await problemType('GET', '/v1/books/Emma', { query: { x: '1' } })).toEqual([422, '/problems/invalid']);
  });

  it('makes problems of the errors in its table, and reports all others', async () => {
    errors.length = 0;
    expect((await ask('GET', '/v1/books/lost')).body).toMatchObject({
      type: '/problems/not-found',
      detail: 'no such book',
    });
    expect(errors).toEqual([]);
    for (const name of ['burnt', 'torn'])
      expect(await problemType('GET', `/v1/books/${name}`)).toEqual([500, '/problems/internal']);
    expect(errors).toHaveLength(2);
    expect((await ask('GET', '/v1/books/torn')).body.detail).toBeUndefined();
  });

  it('hands requests with an Idempotency-Key on, on routes that take one', async () => {
    repeated.length = 0;
    const headers = { 'idempotency-key': 'k' };
    await ask('POST', '/v1/books', { headers, body: '{"title":"Emma"}' });
    await ask('GET', '/v1/books', { headers });
    expect(repeated).toEqual([{ key: 'k', request: { route: 'POST /v1/books', body: { title: 'Emma', copies: 1 } } }]);
    expect(
      await problemType('POST', '/v1/books', {
        headers: { 'idempotency-key': 'k'.repeat(201) },
        body: '{"title":"E"}',
      }),
    ).toEqual([422, '/problems/invalid']);
  });
});

describe('the OpenAPI document', () => {
  it('is served to anybody', async () => {
    expect(await ask('GET', '/v1/openapi.json', { headers: { reader: '' } })).toMatchObject({
      status: 200,
      body: { openapi: '3.1.0', info: { title: 'Library' } },
    });
  });

  it('documents the callers, inputs and answers of each route', async () => {
    const { paths } = (await ask('GET', '/v1/openapi.json')).body;
    expect(Object.keys(paths)).toEqual(['/v1/books', '/v1/books/{title}']);
    expect(paths['/v1/books'].get).toMatchObject({
      operationId: 'getVBooks',
      security: [{ card: [] }, { badge: [] }],
      parameters: [{ name: 'after', in: 'query', description: 'the title before', schema: { maxLength: 5 } }],
    });
    const { post } = paths['/v1/books'];
    expect(post.security).toEqual([{ badge: [] }]);
    expect(post.parameters.map(({ name }: { name: string }) => name)).toEqual(['Idempotency-Key']);
    expect(post.requestBody.content['application/json'].schema.required).toEqual(['title']);
    expect(Object.keys(post.responses)).toEqual(['201', '400', '401', '403', '409', '422', '500', '503']);
    expect(Object.keys(paths['/v1/books/{title}'].delete.responses)).toContain('404');
    expect(paths['/v1/books/{title}'].delete.responses['204'].content).toBeUndefined();
  });
});
