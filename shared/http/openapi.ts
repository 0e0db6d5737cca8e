import { z } from 'zod';
import { problem } from './problem.ts';
import type { Route } from './route.ts';

/** The parts of the document beside its routes. */
export interface OpenApiInfo<Audience> {
  title: string;
  version: string;
  /** The security schemes of OpenAPI, by name. */
  securitySchemes: Record<string, object>;
  /** Names of the schemes that let the callers of an audience in; one of them is enough. */
  schemesOf(audience: Audience): readonly string[];
}

/** The OpenAPI 3.1 document of an API, made from the schemas that check its requests. */
export function openApi<Scope extends object, Audience>(
  routes: readonly Route<Scope, Audience>[],
  { title, version, securitySchemes, schemesOf }: OpenApiInfo<Audience>,
): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes)
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operation(route, schemesOf(route.audience)),
    };
  return {
    openapi: '3.1.0',
    info: { title, version, license: { name: 'AGPL-3.0-only', identifier: 'AGPL-3.0-only' } },
    paths,
    components: { securitySchemes, schemas: { Problem: schemaOf(problem) } },
  };
}

/** What the document needs of a route. */
type AnyRoute = Pick<
  Route<object, unknown>,
  'method' | 'path' | 'summary' | 'query' | 'body' | 'status' | 'answer' | 'idempotent'
>;

function operation(route: AnyRoute, schemes: readonly string[]): object {
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
    security: schemes.map((scheme) => ({ [scheme]: [] })),
    parameters: [...parameters, ...(route.idempotent ? [idempotency] : []), ...queryParameters(route)],
    ...(route.body
      ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } } }
      : {}),
    responses: {
      [route.status]: {
        description: 'done',
        ...(route.answer ? { content: { 'application/json': { schema: schemaOf(route.answer) } } } : {}),
      },
      ...Object.fromEntries(problemStatuses(route).map((status) => [status, PROBLEM])),
    },
  };
}

function queryParameters({ query }: AnyRoute): object[] {
  return Object.entries(query?.shape ?? {}).map(([name, schema]) => {
    const { description, ...rest } = schemaOf(schema as z.ZodType, 'input') as { description?: string };
    return { name, in: 'query', required: false, schema: rest, description };
  });
}

const PROBLEM = {
  description: 'a problem (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

/** The statuses of the problems that a route can answer with. */
const problemStatuses = ({ method, path, body }: AnyRoute): number[] => [
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
