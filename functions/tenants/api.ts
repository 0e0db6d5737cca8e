import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { z } from 'zod';
import { findTenant, type Tenant } from '../../shared/directory/tenants/tenants.ts';
import { actorOf, type Caller, callerOf } from './caller.ts';
import type { TenantsContext } from './compose.ts';
import { openApi } from './openapi.ts';
import { invalidRequest, PROBLEMS, type Problem, ProblemError, problemOf } from './problem.ts';
import type { Call, Query, Route } from './route.ts';
import { ROUTES } from './routes.ts';

/** Routes under `/v1` are for the provider (IAM), the same under `/admin/v1` for holders of API keys. */
const PREFIX = /^\/admin(?=\/v1\/)/;

const compiled = ROUTES.map((route) => ({
  route,
  pattern: new RegExp(`^${route.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
}));

/** Answers one request; every failure becomes problem details (RFC 9457). */
export async function answer(
  context: TenantsContext,
  event: APIGatewayProxyEventV2,
  onError: (error: unknown) => void,
): Promise<APIGatewayProxyStructuredResultV2> {
  try {
    const path = event.rawPath.replace(PREFIX, '');
    if (path === '/v1/openapi.json') return json(200, openApi());
    const { route, parameters } = findRoute(event.requestContext.http.method, path);
    const caller = await callerOf(context, event);
    const tenant = await authorize(context, route, caller, parameters);
    const body = parseBody(route, event);
    const call: Call<unknown> = {
      context,
      caller,
      tenant,
      path: parameters,
      query: parseQuery(route, event),
      body,
    };
    const result = await runOnce(route, call, event);
    return route.status === 204 ? { statusCode: 204 } : json(route.status, result);
  } catch (error) {
    const problem = problemOf(error);
    if (!problem || problem.status >= 500) onError(error);
    return problemResponse(problem ?? PROBLEMS.internal);
  }
}

function findRoute(method: string, path: string): { route: Route; parameters: Record<string, string> } {
  const here = compiled.flatMap(({ route, pattern }) => {
    const match = pattern.exec(path);
    return match
      ? [
          {
            route,
            parameters: Object.fromEntries(
              Object.entries(match.groups ?? {}).map(([name, value]) => [name, decode(value)]),
            ),
          },
        ]
      : [];
  });
  const found = here.find(({ route }) => route.method === method);
  if (!found) throw new ProblemError(here.length > 0 ? PROBLEMS.methodNotAllowed : PROBLEMS.notFound);
  return found;
}

/** No name has blanks around it or control characters in it: what has them is another name, and one that nobody has. */
const NO_NAME = /^\s|\s$|\p{Cc}/u;

function decode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw new ProblemError(PROBLEMS.notFound);
  }
  if (NO_NAME.test(decoded)) throw new ProblemError(PROBLEMS.notFound);
  return decoded;
}

/** The tenant of the path. For a key, a tenant that is not its own is no different from one that is not there. */
async function authorize(
  context: TenantsContext,
  route: Route,
  caller: Caller,
  parameters: Record<string, string>,
): Promise<Tenant> {
  const tenant = parameters.tenant === undefined ? undefined : await findTenant(context.db, parameters.tenant);
  if (caller.kind === 'provider') {
    if (parameters.tenant !== undefined && !tenant) throw new ProblemError(PROBLEMS.notFound);
  } else {
    if (tenant?.id !== caller.key.tenant)
      throw new ProblemError(parameters.tenant === undefined ? PROBLEMS.forbidden : PROBLEMS.notFound);
    if (tenant.state !== 'active') throw new ProblemError(PROBLEMS.forbidden);
    if (!allows(caller.key.scope, route)) throw new ProblemError(PROBLEMS.forbidden);
  }
  // Routes without a tenant in their path do not look at it.
  return tenant as Tenant;
}

function allows(scope: 'tenant' | 'domain' | 'create-users', route: Route): boolean {
  if (route.audience === 'provider') return false;
  if (scope === 'tenant') return true;
  if (scope === 'domain') return route.audience !== 'tenant';
  return route.audience === 'create-users';
}

const NO_QUERY = z.strictObject({});

/** One that is misspelt is refused, instead of giving the first page again. */
function parseQuery({ query = NO_QUERY }: Route, event: APIGatewayProxyEventV2): Query {
  const result = query.safeParse(event.queryStringParameters ?? {});
  if (!result.success) throw invalidRequest(result.error);
  return result.data;
}

function parseBody(route: Route, event: APIGatewayProxyEventV2): unknown {
  if (!route.body) return undefined;
  const text = event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString('utf8') : (event.body ?? '');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text === '' ? '{}' : text);
  } catch {
    throw new ProblemError(PROBLEMS.notJson);
  }
  const result = route.body.safeParse(parsed);
  if (!result.success) throw invalidRequest(result.error);
  return result.data;
}

/** With an Idempotency-Key the first answer is kept for a day, and given again to the same request of the same caller. */
async function runOnce(route: Route, call: Call<unknown>, event: APIGatewayProxyEventV2): Promise<unknown> {
  const key = event.headers['idempotency-key'];
  if (!route.idempotent || key === undefined) return route.run(call);
  if (key.length > 200)
    throw new ProblemError({ ...PROBLEMS.invalid, detail: 'the idempotency key is longer than 200 characters' });
  return call.context.idempotency.runOnce(
    {
      key: `${actorOf(call.caller)}#${call.tenant?.name ?? ''}#${key}`,
      request: { route: `${route.method} ${event.rawPath}`, body: call.body },
    },
    () => route.run(call),
  );
}

const json = (statusCode: number, body: unknown): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: JSON.stringify(body),
});

const problemResponse = (problem: Problem): APIGatewayProxyStructuredResultV2 => ({
  statusCode: problem.status,
  headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  body: JSON.stringify(problem),
});
