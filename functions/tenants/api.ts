import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { findTenant, type Tenant } from '../../shared/directory/tenants/tenants.ts';
import { openApi } from '../../shared/http/openapi.ts';
import { PROBLEMS, ProblemError } from '../../shared/http/problem.ts';
import { createRouter } from '../../shared/http/router.ts';
import { type ApiCaller, actorOf, apiCallerOf } from './caller.ts';
import type { TenantsContext } from './compose.ts';
import { TENANTS_PROBLEMS } from './problems.ts';
import type { Audience, TenantsRoute, TenantsScope } from './route.ts';
import { ROUTES } from './routes.ts';

/** Routes under `/v1` are for the provider (IAM), the same under `/admin/v1` for holders of API keys. */
const ADMIN_PREFIX = /^\/admin(?=\/v1\/)/;

const document = () =>
  openApi(ROUTES, {
    title: 'Pamoja: tenants',
    version: '1',
    securitySchemes: {
      provider: {
        type: 'apiKey',
        in: 'header',
        name: 'Authorization',
        description: 'AWS Signature Version 4 (IAM), under /v1',
      },
      key: { type: 'http', scheme: 'bearer', description: 'An API key of the tenant, under /admin/v1' },
    },
    schemesOf: (audience) => (audience === 'provider' ? ['provider'] : ['provider', 'key']),
  });

const route = createRouter<TenantsScope, Audience>({
  routes: ROUTES,
  problems: TENANTS_PROBLEMS,
  routePath: (path) => path.replace(ADMIN_PREFIX, ''),
  documents: { '/v1/openapi.json': document },
  runOnce: ({ context, caller, tenant }, { key, request }, run) =>
    context.idempotency.runOnce({ key: `${actorOf(caller)}#${tenant?.name ?? ''}#${key}`, request }, run),
});

/** Answers one request. */
export async function answer(
  context: TenantsContext,
  event: APIGatewayProxyEventV2,
  onError: (error: unknown) => void,
): Promise<APIGatewayProxyStructuredResultV2> {
  const request = {
    method: event.requestContext.http.method,
    path: event.rawPath,
    query: event.queryStringParameters ?? {},
    headers: event.headers,
    body: event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString('utf8') : (event.body ?? ''),
  };
  const { status, headers, body } = await route(request, {
    async authorize(wanted, parameters) {
      const caller = await apiCallerOf(context, event);
      return { context, caller, tenant: await authorize(context, wanted, caller, parameters.tenant) };
    },
    onError,
  });
  return body === undefined ? { statusCode: status } : { statusCode: status, headers, body };
}

/** The tenant of the path. A key gets the same answer for another tenant as for a name that no tenant has. */
async function authorize(
  context: TenantsContext,
  { audience }: Pick<TenantsRoute, 'audience'>,
  caller: ApiCaller,
  name: string | undefined,
): Promise<Tenant> {
  const tenant = name === undefined ? undefined : await findTenant(context.db, name);
  if (caller.kind === 'provider') {
    if (name !== undefined && !tenant) throw new ProblemError(PROBLEMS.notFound);
  } else {
    if (tenant?.id !== caller.key.tenant)
      throw new ProblemError(name === undefined ? PROBLEMS.forbidden : PROBLEMS.notFound);
    if (tenant.state !== 'active') throw new ProblemError(PROBLEMS.forbidden);
    if (!allows(caller.key.scope, audience)) throw new ProblemError(PROBLEMS.forbidden);
  }
  // Routes without a tenant in their path do not read it.
  return tenant as Tenant;
}

function allows(scope: 'tenant' | 'domain' | 'create-users', audience: Audience): boolean {
  if (audience === 'provider') return false;
  if (scope === 'tenant') return true;
  if (scope === 'domain') return audience !== 'tenant';
  return audience === 'create-users';
}
