import { z } from 'zod';
import { problem } from './problem.ts';
import type { Route } from './route.ts';
import { ROUTES } from './routes.ts';

/** The OpenAPI 3.1 document of the API, made from the schemas that check its requests. */
export function openApi(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of ROUTES)
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pamoja: tenants',
      version: '1',
      license: { name: 'AGPL-3.0-only', identifier: 'AGPL-3.0-only' },
    },
    paths,
    components: {
      securitySchemes: {
        provider: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'AWS Signature Version 4 (IAM), under /v1',
        },
        key: { type: 'http', scheme: 'bearer', description: 'An API key of the tenant, under /admin/v1' },
      },
      schemas: { Problem: schemaOf(problem) },
    },
  };
}

function operation(route: Route): object {
  const parameters = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const idempotency = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    schema: { type: 'string', maxLength: 200 },
  };
  return {
    summary: route.summary,
    operationId: `${route.method.toLowerCase()}${route.path.replace(/\{(\w+)\}/g, 'By-$1').replace(/[^a-z]+(\w)/gi, (_, letter: string) => letter.toUpperCase())}`,
    security: route.audience === 'provider' ? [{ provider: [] }] : [{ provider: [] }, { key: [] }],
    parameters: [...parameters, ...(route.idempotent ? [idempotency] : []), ...queryOf(route)],
    ...(route.body
      ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } } }
      : {}),
    responses: {
      [route.status]: {
        description: 'done',
        ...(route.answer ? { content: { 'application/json': { schema: schemaOf(route.answer) } } } : {}),
      },
      ...Object.fromEntries(problemsOf(route).map((status) => [status, PROBLEM])),
    },
  };
}

function queryOf({ query }: Route): object[] {
  return Object.entries(query?.shape ?? {}).map(([name, schema]) => {
    const { description, ...rest } = schemaOf(schema as z.ZodType, 'input') as { description?: string };
    return { name, in: 'query', required: false, schema: rest, description };
  });
}

const PROBLEM = {
  description: 'a problem (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

/** The problems that a route can answer with. */
const problemsOf = ({ method, path, body }: Route): number[] => [
  ...(body ? [400] : []),
  ...[401, 403],
  ...(path.includes('{') ? [404] : []),
  ...(method === 'GET' ? [] : [409]),
  ...[422, 500, 503],
];

const schemaOf = (schema: z.ZodType, io: 'input' | 'output' = 'output'): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};
