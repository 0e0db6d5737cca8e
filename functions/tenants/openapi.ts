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
      title: 'Kopano Cloud: tenants',
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
  const after = {
    name: 'after',
    in: 'query',
    required: false,
    schema: { type: 'string' },
    description: '`next` of the page before',
  };
  return {
    summary: route.summary,
    operationId: `${route.method.toLowerCase()}${route.path.replace(/\{(\w+)\}/g, 'By-$1').replace(/[^a-z]+(\w)/gi, (_, letter: string) => letter.toUpperCase())}`,
    security: route.audience === 'provider' ? [{ provider: [] }] : [{ provider: [] }, { key: [] }],
    parameters: [...parameters, ...(route.idempotent ? [idempotency] : []), ...(route.method === 'GET' ? [after] : [])],
    ...(route.body
      ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } } }
      : {}),
    responses: {
      [route.status]: {
        description: 'done',
        ...(route.answer ? { content: { 'application/json': { schema: schemaOf(route.answer) } } } : {}),
      },
      default: {
        description: 'a problem (RFC 9457)',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

const schemaOf = (schema: z.ZodType, io: 'input' | 'output' = 'output'): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};
